/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin: carries out a plan of libxvtd outside the caller's process, with libxvtd itself. */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json_in.h"
#include "base/out.h"
#include "base/stop.h"
#include "library/helper.h"
#include "library/xvtd.h"

struct plugin {
    struct xvtd_ctx *ctx;
    struct xvtd_plan *plan;     /* of the first request; further requests use it */
};

/* Closes the document and sends it. */
static void say(struct json *json)
{
    struct err ignored;
    const char *text;
    size_t len;

    if (!json_take_text(json, &text, &len, &ignored)) {
        out_text(text);
        fflush(stdout);
    }
}

static void say_note(const char *kind, const char *object, const char *text, void *user)
{
    CLEANUP(json_free_p) struct json *json = json_new_line(HELPER_SCHEMA);

    (void)user;
    if (!json)
        return;
    json_str(json, "note", text);
    json_str(json, "kind", kind);
    json_str(json, "object", object);
    say(json);
}

static void say_step(const char *text, void *user)
{
    CLEANUP(json_free_p) struct json *json = json_new_line(HELPER_SCHEMA);

    (void)user;
    if (!json)
        return;
    json_str(json, "step", text);
    say(json);
}

/* Sends the last line: the result.  error: NULL for a success. */
static int answer(const struct err *error, const struct xvtd_doc *doc, struct err *e)
{
    CLEANUP(json_free_p) struct json *json = json_new_line(HELPER_SCHEMA);

    if (!json)
        return err_nomem(e);
    if (error)
        json_error(json, error);
    json_str(json, "document", doc ? xvtd_doc_text(doc) : NULL);
    say(json);
    return 0;
}

static const char **take_words(const struct json_value *array)
{
    size_t n = json_count(array);
    const char **words = calloc(n + 1, sizeof(*words));

    for (size_t i = 0; words && i < n; i++)
        words[i] = json_str_at(array, i) ? json_str_at(array, i) : "";
    return words;
}

static int make_plan(struct plugin *p, const struct json_value *request)
{
    const char **operands = take_words(json_member(request, "operands"));
    const char **options = take_words(json_member(request, "options"));
    const char *command = json_member_str(request, "command");
    int code = XVTD_FAILED;

    if (operands && options)
        code = xvtd_plan_new(p->ctx, command ? command : "", operands, options, &p->plan);
    free(operands);
    free(options);
    return code;
}

static int carry_out(struct plugin *p, const struct json_value *request, struct xvtd_doc **ret)
{
    const char *what = json_member_str(request, "do");
    int code = p->plan ? XVTD_OK : make_plan(p, request);

    if (code)
        return code;
    if (what && !strcmp(what, "read"))
        return xvtd_plan_read(p->plan, ret);
    if (what && !strcmp(what, "apply"))
        return xvtd_plan_apply(p->plan, say_step, NULL, NULL, ret);
    if (what && !strcmp(what, "roll-back"))
        return xvtd_plan_roll_back(p->plan, say_step, NULL, NULL, ret);
    return XVTD_USAGE;
}

static void library_error(const struct xvtd_ctx *ctx, struct err *ret)
{
    err_set(ret, (enum exit_code)xvtd_error_code(ctx), EIO, "%s", xvtd_error_message(ctx));
    err_about(ret, xvtd_error_object(ctx));
    err_hint(ret, "%s", xvtd_error_hint(ctx));
    err_kind(ret, xvtd_error_kind(ctx));
}

static int serve(struct plugin *p, const char *line, size_t len, struct err *e)
{
    CLEANUP(json_doc_free_p) struct json_doc *request = NULL;
    struct xvtd_doc *doc = NULL;
    const char *version;
    struct err failed;
    int code, r = json_parse(line, len, &request, e);

    if (r)
        return r;
    version = json_member_str(json_top(request), "version");
    if (!version || strcmp(version, xvtd_version())) {
        err_set(&failed, XV_CANNOT, EPROTO, "xvtd: it is of version %s, and libxvtd of %s",
                xvtd_version(), version ? version : "?");
        err_kind(&failed, "helper");
        return answer(&failed, NULL, e);
    }
    code = carry_out(p, json_top(request), &doc);
    if (code)
        library_error(p->ctx, &failed);
    r = answer(code ? &failed : NULL, doc, e);
    xvtd_doc_free(doc);
    stop_forget();
    return r;
}

static int run_plugin(void *program, const struct cli_args *args, struct err *e)
{
    struct plugin p = { .ctx = xvtd_new(XVTD_OWN_PROCESS) };
    AUTO_FREE char *line = NULL;
    size_t size = 0;
    ssize_t n;
    int r = p.ctx ? 0 : err_nomem(e);

    (void)program, (void)args;
    if (!r)
        xvtd_set_notes(p.ctx, say_note, NULL);
    while (!r && ((n = getline(&line, &size, stdin)) > 0 || (n < 0 && errno == EINTR))) {
        if (n < 0) {
            clearerr(stdin); /* the stop came too late */
            stop_forget();
            continue;
        }
        r = serve(&p, line, (size_t)n, e);
        errno = 0;
    }
    xvtd_plan_free(p.plan);
    xvtd_free(p.ctx);
    return r;
}

const struct cli_command cmd_plugin = {
    .name = "plugin",
    .operands = "",
    .summary = "make changes for programs that use libxvtd",
    .details = "libxvtd starts this command. It reads requests from standard input, one JSON\n"
               "document a line, and answers with progress and results.\n",
    .run = run_plugin,
};
