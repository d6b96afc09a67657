/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/program.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/lock.h"
#include "base/out.h"
#include "base/progress.h"
#include "base/stop.h"
#include "base/this_machine.h"

#define LOCK_TIMEOUT_MAX_S 86400

enum { G_JSON = 0x1000, G_DRY_RUN, G_VERBOSE, G_QUIET, G_ROOT, G_LOCK_TIMEOUT };

const struct cli_option program_options[] = {
    { G_JSON, 0, "json", CLI_NO_ARG, NULL, "print one JSON document on stdout" },
    { G_DRY_RUN, 0, "dry-run", CLI_NO_ARG, NULL, "make all checks, print the plan, change nothing" },
    { G_VERBOSE, 'v', "verbose", CLI_NO_ARG, NULL, "print each step" },
    { G_QUIET, 'q', "quiet", CLI_NO_ARG, NULL, "print errors only" },
    { G_ROOT, 0, "root", CLI_ARG, "DIR", "read the host's sys, proc and etc under DIR" },
    { G_LOCK_TIMEOUT, 0, "lock-timeout", CLI_ARG, "S",
      "wait S seconds for another xvtd (default 60)" },
    { 0 },
};

struct json *xvtd_json(struct xvtd *x)
{
    if (!x->doc)
        x->doc = json_new();
    return x->doc;
}

void xvtd_note(const struct xvtd *x, const char *kind, const char *object, const char *fmt, ...)
{
    AUTO_FREE char *text = NULL;
    va_list ap;

    if (x->listener ? !x->listener->note : x->quiet)
        return;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    if (x->listener)
        x->listener->note(kind, object, text ? text : "out of memory", x->listener->user);
    else
        out_note("%s: %s", x->name, text ? text : "out of memory");
}

static void print_error(struct xvtd *x, const struct err *e)
{
    struct err ignored;

    out_note("%s: %s", x->name, e->message);
    if (*e->hint)
        out_note("hint: %s", e->hint);
    if (!x->json)
        return;
    if (x->doc && !x->doc_complete)
        x->doc = json_free(x->doc);
    if (xvtd_json(x)) {
        json_error(x->doc, e);
        json_write(x->doc, stdout, &ignored);
    }
}

/* "list, groups and cfg": each command that reads a captured machine, by its first word. */
static void hint_captured(const struct cli_program *program, struct err *e)
{
    const char *last = "";
    char text[256] = "";

    for (const struct cli_command *const *c = program->commands; c && *c; c++) {
        size_t len = strlen(text);

        if (!((*c)->flags & CMD_ROOT) || !strcmp((*c)->name, last))
            continue;
        last = (*c)->name;
        snprintf(text + len, sizeof(text) - len, "%s%s", len ? ", " : "", last);
    }
    if (*text)
        err_hint(e, "these read a captured machine: %s", text);
}

static int open_root(const struct cli_program *program, struct xvtd *x,
                     const struct cli_args *args, struct err *e)
{
    const char *dir = cli_value(args, G_ROOT);

    if (dir && !(args->command->flags & CMD_ROOT)) {
        int r = err_set(e, XV_USAGE, EINVAL, "--root: this %s needs the running host",
                        program->only ? "program" : "command");

        hint_captured(program, e);
        return r;
    }
    x->captured = dir != NULL;
    return dir ? root_open(&x->root, dir, e) : host_open(&x->root, e);
}

static void tell_waiting(const char *object, const char *holder, void *user)
{
    const struct xvtd *x = user;

    if (!object)
        progress_end();
    else
        progress_begin(!x->quiet, "%s: waiting for %s to finish with %s (Ctrl-C stops "
                       "waiting)", x->name, holder, object);
}

static int set_locks(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    struct lock_policy policy = { .timeout_ms = -1, .waits = tell_waiting, .user = x,
                                  .root = x->captured || geteuid() ? NULL : x->root };
    long seconds;
    int r = 0;

    if (cli_has(args, G_LOCK_TIMEOUT)) {
        r = cli_number(cli_value(args, G_LOCK_TIMEOUT), "lock-timeout", 0, LOCK_TIMEOUT_MAX_S,
                       &seconds, e);
        policy.timeout_ms = r ? -1 : seconds * 1000LL;
    }
    locks_policy(&policy);
    return r;
}

static void name_command(const struct cli_program *program, const struct cli_args *args,
                         struct xvtd *x)
{
    const struct cli_command *c = args->command;

    if (!program->only && c)
        snprintf(x->command, sizeof(x->command), "%s%s%s", c->name, c->sub ? " " : "",
                 c->sub ? c->sub : "");
}

static int run(const struct cli_program *given, int argc, char **argv, struct xvtd *x,
               struct cli_args *args, struct err *e)
{
    struct cli_program program = *given;
    enum cli_verdict verdict;
    int r;

    program.options = program_options;
    r = cli_parse(&program, argc, argv, args, &verdict, e);
    name_command(&program, args, x);
    x->json = cli_has(args, G_JSON);
    x->dry_run = cli_has(args, G_DRY_RUN);
    x->verbose = cli_has(args, G_VERBOSE);
    x->quiet = cli_has(args, G_QUIET);
    if (!r && verdict == CLI_HELP) {
        cli_help(&program, args->command, stdout);
        return 0;
    }
    if (!r && verdict == CLI_VERSION) {
        out_line("%s %s", program.name, XVTD_VERSION);
        return 0;
    }
    if (!r)
        r = open_root(&program, x, args, e);
    if (!r)
        r = set_locks(x, args, e);
    if (!r)
        r = args->command->run(x, args, e);
    progress_end();
    if (r && *x->command)
        err_prefix(e, "%s", x->command);
    else if (!r && x->doc)
        r = json_write(x->doc, stdout, e);
    if (!r && fflush(stdout))
        r = out_error(-errno, e);
    return r;
}

int program_main(const struct cli_program *program, int argc, char **argv, struct xvtd *x)
{
    struct cli_args args = { .command = NULL };
    struct err e = { .code = XV_FAILED, .kind = "failed" };
    int code = XV_OK, r;

    x->name = program->name;
    stop_catch_signals();
    r = run(program, argc, argv, x, &args, &e);
    /* A reader that closed the pipe (`| head`) has all it wants. */
    if (r && !out_reader_gone(&e)) {
        print_error(x, &e);
        code = (int)e.code;
    }
    x->doc = json_free(x->doc);
    x->root = root_close(x->root);
    locks_policy(NULL);
    cli_args_clear(&args);
    return code;
}
