/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan in a process of its own, `xvtd plugin`.  A line of JSON asks, further lines report
 * progress, and the last line is the answer.
 */
#include "library/internal.h"

#include <errno.h>
#include <string.h>

#include "library/helper.h"

#define LOOK_MS 100     /* how often the caller's cancel() is called */

static const char *const do_words[] = {
    [PLAN_READ] = "read", [PLAN_APPLY] = "apply", [PLAN_ROLL_BACK] = "roll-back",
};

static void put_words(struct json *json, const char *key, char **words)
{
    json_array(json, key);
    for (; *words; words++)
        json_str(json, NULL, *words);
    json_end_array(json);
}

static int ask(struct xvtd_plan *plan, enum plan_do what, struct err *e)
{
    CLEANUP(json_free_p) struct json *json = json_new_line(HELPER_SCHEMA);
    const struct cli_command *c = plan->command;
    const char *text;
    size_t len;
    int r;

    if (!json)
        return err_nomem(e);
    json_str(json, "version", XVTD_VERSION);
    json_str(json, "do", do_words[what]);
    json_strf(json, "command", "%s%s%s", c->name, c->sub ? " " : "", c->sub ? c->sub : "");
    put_words(json, "operands", plan->operands);
    put_words(json, "options", plan->options);
    r = json_take_text(json, &text, &len, e);
    return r ? r : helper_say(plan->helper, text, len, e);
}

static void copy_text(char *to, size_t size, const struct json_value *from, const char *key)
{
    const char *text = json_member_str(from, key);

    snprintf(to, size, "%s", text ? text : "");
}

/* Reads the last line: the result. */
static int read_answer(struct xvtd_plan *plan, const struct json_value *answer,
                       struct xvtd_doc **ret, struct err *e)
{
    const char *text = json_member_str(answer, "document");
    const struct json_value *error = json_member(answer, "error");
    struct xvtd_ctx *ctx = plan->ctx;
    long long code = XV_FAILED;
    int r = text ? answer_parse(text, strlen(text), ret, e) : 0;

    if (r || !error)
        return r;
    json_member_int(error, "code", XV_FAILED, XV_CANNOT, &code);
    copy_text(ctx->kind, sizeof(ctx->kind), error, "kind");
    e->code = (enum exit_code)code;
    e->kind = ctx->kind;
    copy_text(e->object, sizeof(e->object), error, "object");
    copy_text(e->message, sizeof(e->message), error, "message");
    copy_text(e->hint, sizeof(e->hint), error, "hint");
    return -EIO;
}

/* Handles one line.  Returns 1 if more lines follow. */
static int read_line(struct xvtd_plan *plan, const char *line, size_t len, struct xvtd_doc **ret,
                     struct err *e)
{
    CLEANUP(json_doc_free_p) struct json_doc *doc = NULL;
    const struct json_value *top;
    const char *text;
    int r = json_parse(line, len, &doc, e);

    if (r) {
        err_prefix(e, "xvtd: its answer");
        err_kind(e, "helper");
        e->code = XV_CANNOT;
        return r;
    }
    top = json_top(doc);
    if ((text = json_member_str(top, "note"))) {
        const char *kind = json_member_str(top, "kind");
        const char *object = json_member_str(top, "object");

        ctx_note(kind ? kind : "", object ? object : "", text, plan->ctx);
        return 1;
    }
    if ((text = json_member_str(top, "step"))) {
        if (plan->step)
            plan->step(text, plan->user);
        return 1;
    }
    return read_answer(plan, top, ret, e);
}

/* The process died or broke the protocol.  Its journal has what it had begun. */
static int lost(struct xvtd_plan *plan, enum plan_do what, int r, struct err *e)
{
    helper_end(plan->helper, true);
    plan->helper = NULL;
    if (what != PLAN_READ) {
        e->code = XV_INCOMPLETE;
        err_hint(e, "xvtd_recover(), or `xvtd recover`, finishes or undoes it");
    }
    return r;
}

static int await(struct xvtd_plan *plan, enum plan_do what, struct xvtd_doc **ret,
                 struct err *e)
{
    bool stopped = false;
    const char *line;
    size_t len;
    int r = 1;

    while (r == 1) {
        r = helper_hear(plan->helper, LOOK_MS, &line, &len, e);
        if (r)
            return lost(plan, what, r, e);
        if (!stopped && plan->cancel && plan->cancel(plan->user)) {
            stopped = true;
            helper_stop(plan->helper);
        }
        r = line ? read_line(plan, line, len, ret, e) : 1;
    }
    return r && !strcmp(e->kind, "helper") ? lost(plan, what, r, e) : r;
}

int plan_there(struct xvtd_plan *plan, enum plan_do what, struct xvtd_doc **ret, struct err *e)
{
    static const char *const words[] = { "xvtd", "plugin", NULL };
    int r = 0;

    if (!plan->helper)
        r = helper_start(&plan->helper, plan->ctx->program, words, e);
    if (r)
        return r;
    r = ask(plan, what, e);
    return r ? lost(plan, PLAN_READ, r, e) : await(plan, what, ret, e);
}
