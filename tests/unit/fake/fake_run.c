/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <yajl/yajl_tree.h>

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

/*
 * Appends what a run printed as JSON to the file in XVTD_DOCUMENTS, for docs/schema/validate:
 * words, exit code, text; separated as ASCII has it (RS, US, GS).
 */
static void record_document(int argc, char **argv)
{
    const char *path = getenv("XVTD_DOCUMENTS");
    FILE *f = path && *last.out == '{' ? fopen(path, "a") : NULL;

    if (!f)
        return;
    fprintf(f, "\x1e");
    for (int i = 0; i < argc; i++)
        fprintf(f, "%s%s", i ? "\x1f" : "", argv[i]);
    fprintf(f, "\x1d%d\x1d%s", last.code, last.out);
    fclose(f);
}

void run_record_prose(const char *program, const char *text)
{
    const char *path = getenv("XVTD_PROSE");
    FILE *f = path && *text ? fopen(path, "a") : NULL;

    if (!f)
        return;
    fprintf(f, "\x1e%s\x1f%s\n", program, text);
    fclose(f);
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
    record_document(argc, argv);
    run_record_prose(argv[0], last.err);
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
