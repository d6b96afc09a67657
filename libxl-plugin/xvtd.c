/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xvtd.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "progress.h"
#include "stop.h"

enum { G_JSON = 0x1000, G_DRY_RUN, G_VERBOSE, G_QUIET, G_ROOT };

static const struct cli_option global_options[] = {
    { G_JSON, 0, "json", CLI_NO_ARG, NULL, "print one JSON document on stdout" },
    { G_DRY_RUN, 0, "dry-run", CLI_NO_ARG, NULL, "print the plan and change nothing" },
    { G_VERBOSE, 'v', "verbose", CLI_NO_ARG, NULL, "tell each step, and what libxl says" },
    { G_QUIET, 'q', "quiet", CLI_NO_ARG, NULL, "print errors only" },
    { G_ROOT, 0, "root", CLI_ARG, "DIR", "read the host's sys, proc and etc under DIR" },
    { 0 },
};

static const struct cli_program program = {
    .name = "xvtd",
    .summary = "PCI passthrough helper for Xen dom0.",
    .options = global_options,
    .commands = xvtd_commands,
};

int xvtd_hv(struct xvtd *x, struct err *e)
{
    return x->hv ? 0 : hv_open(&x->hv, x->verbose, e);
}

struct json *xvtd_json(struct xvtd *x)
{
    if (!x->doc)
        x->doc = json_new();
    return x->doc;
}

void xvtd_note(const struct xvtd *x, const char *fmt, ...)
{
    va_list ap;

    if (x->quiet)
        return;
    fputs("xvtd: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

static void print_error(struct xvtd *x, const struct err *e)
{
    struct err ignored;

    fprintf(stderr, "xvtd: %s\n", e->message);
    if (*e->hint)
        fprintf(stderr, "hint: %s\n", e->hint);
    if (!x->json)
        return;
    if (x->doc && !x->doc_complete)
        x->doc = json_free(x->doc);
    if (xvtd_json(x)) {
        json_error(x->doc, e);
        json_write(x->doc, stdout, &ignored);
    }
}

static int open_root(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    const char *dir = cli_value(args, G_ROOT);

    if (dir && !(args->command->flags & CMD_ROOT)) {
        int r = err_set(e, XV_USAGE, EINVAL, "--root: this command needs the running host");

        err_hint(e, "list, show, groups, check and cfg read a captured machine");
        return r;
    }
    return dir ? root_open(&x->root, dir, e) : host_open(&x->root, e);
}

static void prefix_command(const struct cli_args *args, struct err *e)
{
    const struct cli_command *c = args->command;

    if (c && c->sub)
        err_prefix(e, "%s %s", c->name, c->sub);
    else if (c)
        err_prefix(e, "%s", c->name);
}

static int run(struct xvtd *x, int argc, char **argv, struct cli_args *args, struct err *e)
{
    enum cli_verdict verdict;
    int r = cli_parse(&program, argc, argv, args, &verdict, e);

    x->json = cli_has(args, G_JSON);
    x->dry_run = cli_has(args, G_DRY_RUN);
    x->verbose = cli_has(args, G_VERBOSE);
    x->quiet = cli_has(args, G_QUIET);
    if (!r && verdict == CLI_HELP) {
        cli_help(&program, args->command, stdout);
        return 0;
    }
    if (!r && verdict == CLI_VERSION) {
        printf("xvtd %s\n", XVTD_VERSION);
        return 0;
    }
    if (!r)
        r = open_root(x, args, e);
    if (!r)
        r = args->command->run(x, args, e);
    progress_end();
    if (r)
        prefix_command(args, e);
    else if (x->doc)
        r = json_write(x->doc, stdout, e);
    if (!r && fflush(stdout))
        r = err_sys(e, XV_FAILED, errno, "write standard output");
    return r;
}

int xvtd_main(int argc, char **argv)
{
    struct cli_args args = { .command = NULL };
    struct xvtd x = { .json = false };
    struct err e = { .code = XV_FAILED, .kind = "failed" };
    int code = XV_OK;

    setlocale(LC_CTYPE, ""); /* for table widths; messages stay in one language */
    stop_catch_signals();
    if (run(&x, argc, argv, &args, &e)) {
        print_error(&x, &e);
        code = (int)e.code;
    }
    json_free(x.doc);
    hv_close(x.hv);
    root_close(x.root);
    cli_args_clear(&args);
    return code;
}
