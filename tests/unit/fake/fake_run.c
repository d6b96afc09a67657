/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <yajl/yajl_tree.h>

#include "base/program.h"
#include "fake_record.h"

/* The linker's --wrap=xvtd_note. */
void __real_xvtd_note(const struct xvtd *x, const char *kind, const char *object,
                      const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void __wrap_xvtd_note(const struct xvtd *x, const char *kind, const char *object,
                      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static struct run last;
static int saved_out = -1, saved_err = -1;

static void restore_output(void)
{
    if (saved_out < 0)
        return;
    fflush(NULL);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    saved_out = saved_err = -1;
}

static void forget_run(void)
{
    free(last.out);
    free(last.err);
    last = (struct run){ .code = 0 };
}

void run_end(void)
{
    restore_output();
    forget_run();
}

void __wrap_xvtd_note(const struct xvtd *x, const char *kind, const char *object,
                      const char *fmt, ...)
{
    size_t len = strlen(last.notes);
    char *text;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    va_end(ap);
    if (x->listener || !x->quiet)
        snprintf(last.notes + len, sizeof(last.notes) - len, "%s %s\n", kind, object);
    __real_xvtd_note(x, kind, object, "%s", text);
    free(text);
}

bool run_noted(const struct run *run, const char *kind, const char *object)
{
    size_t len = strlen(kind);

    for (const char *line = run->notes; *line; line = strchr(line, '\n') + 1)
        if (!strncmp(line, kind, len) && line[len] == ' ' &&
            (!object || (!strncmp(line + len + 1, object, strlen(object)) &&
                         line[len + 1 + strlen(object)] == '\n')))
            return true;
    return false;
}

/* The text of a file that a run wrote to; closes it. */
static char *slurp(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);

    if (pread(fd, text, (size_t)size, 0) != size)
        abort();
    close(fd);
    return text;
}

struct run run_argv(int (*main_fn)(int, char **), int argc, char **argv)
{
    int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);

    forget_run();
    fflush(NULL);
    saved_out = dup(STDOUT_FILENO);
    saved_err = dup(STDERR_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    last.code = main_fn(argc, argv);
    restore_output();
    last.out = slurp(out);
    last.err = slurp(err);
    record_document(argc, argv, last.code, last.out);
    record_prose(argv[0], last.err);
    return last;
}

struct run run_words(int (*main_fn)(int, char **), const char *name, char *words)
{
    char *argv[32] = { (char *)name }, *save = NULL;
    int argc = 1;

    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    return run_argv(main_fn, argc, argv);
}

bool json_valid(const char *text, int *code)
{
    const char *schema[] = { "schema", NULL }, *error[] = { "error", "code", NULL };
    char why[256];
    yajl_val top = yajl_tree_parse(text, why, sizeof(why)), v;
    bool ok;

    if (!top)
        return false;
    v = yajl_tree_get(top, schema, yajl_t_string);
    ok = v && !strcmp(v->u.string, "xvtd/1");
    v = yajl_tree_get(top, error, yajl_t_number);
    *code = v ? (int)YAJL_GET_INTEGER(v) : 0;
    yajl_tree_free(top);
    return ok;
}
