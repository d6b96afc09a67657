/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "program/change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json_in.h"
#include "base/out.h"
#include "base/program.h"
#include "base/progress.h"
#include "library/xvtd.h"

static void tell_note(const char *kind, const char *object, const char *text, void *user)
{
    xvtd_note(user, kind, object, "%s", text);
}

static void tell_step(const char *text, void *user)
{
    const struct xvtd *x = user;

    if (x->verbose)
        xvtd_note(x, "step", "", "%s", text);
    progress_begin(!x->quiet, "%s: still running: %s (Ctrl-C stops it cleanly)", x->name, text);
}

/* The library does not know xl's names for two commands. */
static const char *change_name(const struct cli_command *command)
{
    return !strcmp(command->name, "pci-attach") ? "assign"
           : !strcmp(command->name, "pci-detach") ? "detach" : command->name;
}

static const struct cli_option *find_option(const struct cli_command *command, int id)
{
    const struct cli_option *o = command->options;

    while (o && o->id && o->id != id)
        o++;
    return o && o->id ? o : NULL;
}

/* The command's options in the library's form: "timeout=10". */
static char **option_words(const struct cli_args *args)
{
    char **words = calloc(args->n_given + 1, sizeof(*words));
    size_t n = 0;

    for (size_t i = 0; words && i < args->n_given; i++) {
        const struct cli_option *o = find_option(args->command, args->given[i].id);
        const char *value = args->given[i].value;
        bool valued = o && (o->arg == CLI_ARG || *value);

        if (!o)
            continue;
        if (asprintf(&words[n], "%s%s%s", o->name, valued ? "=" : "", valued ? value : "") < 0) {
            words[n] = NULL;
            break;
        }
        n++;
    }
    return words;
}

static void free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

static void print_plan(const struct xvtd_value *top)
{
    const struct xvtd_value *steps = xvtd_get(top, "plan");
    size_t n = xvtd_count(steps);

    for (size_t i = 0; i < n; i++)
        out_line("%zu. %s  (undo: %s)", i + 1, xvtd_str(xvtd_at(steps, i), "text"),
                 xvtd_str(xvtd_at(steps, i), "undo"));
    if (!n)
        out_line("nothing to do");
    if (xvtd_str(top, "diff") && *xvtd_str(top, "diff")) {
        out_line("then in %s:", xvtd_str(top, "file"));
        out_text(xvtd_str(top, "diff"));
    }
}

static void print_results(const struct xvtd_value *top, const struct cli_args *args)
{
    const struct xvtd_value *results = xvtd_get(top, "results");

    for (size_t i = 0; i < xvtd_count(results); i++)
        out_line("%s: %s", xvtd_str(xvtd_at(results, i), "bdf"),
                 xvtd_str(xvtd_at(results, i), "message"));
    if (!strcmp(args->command->name, "eject") && args->n_operands && !xvtd_count(results))
        out_line("%s: already without devices", args->operands[0]);
    if (xvtd_str(top, "saved"))
        out_line("%s: saved", xvtd_str(top, "saved"));
}

/* Takes over the library's document. */
static int copy_document(struct xvtd *x, const struct xvtd_doc *from, struct err *e)
{
    CLEANUP(json_doc_free_p) struct json_doc *doc = NULL;
    const char *text = xvtd_doc_text(from), *key;
    int r = json_parse(text, strlen(text), &doc, e);

    if (r)
        return r;
    if (!xvtd_json(x))
        return err_nomem(e);
    for (size_t i = 0; (key = json_key_at(json_top(doc), i)); i++)
        if (strcmp(key, "schema"))
            json_copy(x->doc, key, json_member(json_top(doc), key));
    x->doc_complete = true;
    return 0;
}

static int tell(struct xvtd *x, const struct cli_args *args, const struct xvtd_doc *doc,
                struct err *e)
{
    if (!doc)
        return 0;
    if (x->json)
        return copy_document(x, doc, e);
    if (x->dry_run)
        print_plan(xvtd_doc_top(doc));
    else if (!x->quiet)
        print_results(xvtd_doc_top(doc), args);
    return 0;
}

/* Turns the library's error into the program's. */
static int take_error(const struct xvtd_ctx *ctx, struct err *e)
{
    static char kind[48]; /* main prints it when the context is freed */

    err_set(e, (enum exit_code)xvtd_error_code(ctx), EIO, "%s", xvtd_error_message(ctx));
    err_about(e, xvtd_error_object(ctx));
    err_hint(e, "%s", xvtd_error_hint(ctx));
    snprintf(kind, sizeof(kind), "%s", xvtd_error_kind(ctx));
    err_kind(e, kind);
    return -EIO;
}

static int run_in(struct xvtd_ctx *ctx, struct xvtd *x, const struct cli_args *args,
                  const char *const *options, struct err *e)
{
    struct xvtd_plan *plan;
    struct xvtd_doc *doc = NULL;
    int code, r;

    xvtd_set_notes(ctx, tell_note, x);
    code = xvtd_plan_new(ctx, change_name(args->command), (const char *const *)args->operands,
                         options, &plan);
    if (!code)
        code = x->dry_run ? xvtd_plan_read(plan, &doc)
                          : xvtd_plan_apply(plan, tell_step, NULL, x, &doc);
    progress_end();
    r = code ? take_error(ctx, e) : 0;
    if (r)
        tell(x, args, doc, &(struct err){ .code = XV_OK });
    else
        r = tell(x, args, doc, e);
    xvtd_doc_free(doc);
    xvtd_plan_free(plan);
    return r;
}

int change_run(void *program, const struct cli_args *args, struct err *e)
{
    struct xvtd_ctx *ctx = xvtd_new(XVTD_OWN_PROCESS);
    char **options = option_words(args);
    int r = ctx && options ? run_in(ctx, program, args, (const char *const *)options, e)
                           : err_nomem(e);

    free_words(options);
    xvtd_free(ctx);
    return r;
}
