/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "library/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "library/helper.h"
#include "ops/ops.h"

static const struct cli_command *const commands[] = {
    &op_assign, &op_detach, &op_switch, &op_eject, &op_restore, &cmd_recover,
    &cmd_assignable_add, &cmd_assignable_remove,
};

static const struct cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const struct cli_command *c = commands[i];
        char words[48];

        snprintf(words, sizeof(words), "%s%s%s", c->name, c->sub ? " " : "", c->sub ? c->sub : "");
        if (!strcmp(words, name))
            return c;
    }
    return NULL;
}

/* Copies a NULL-terminated list of words; NULL becomes an empty list. */
static char **copy_words(const char *const *words)
{
    size_t n = 0;
    char **copy;

    while (words && words[n])
        n++;
    copy = calloc(n + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < n; i++)
        if (!(copy[i] = strdup(words[i])))
            n = 0; /* out of memory: the list is shorter */
    return copy;
}

static bool same_count(char **copy, const char *const *words)
{
    size_t n = 0;

    while (words && words[n] && copy[n])
        n++;
    return !words || !words[n];
}

static void free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

static int fill(struct xvtd_plan *plan, const char *command, const char *const *operands,
                const char *const *options, struct err *e)
{
    plan->command = find_command(command);
    if (!plan->command)
        return err_set(e, XV_USAGE, EINVAL, "no such change: '%s'", command);
    plan->operands = copy_words(operands);
    plan->options = copy_words(options);
    if (!plan->operands || !plan->options || !same_count(plan->operands, operands) ||
        !same_count(plan->options, options))
        return err_nomem(e);
    return plan_check(plan, e);
}

int xvtd_plan_new(struct xvtd_ctx *ctx, const char *command, const char *const *operands,
                  const char *const *options, struct xvtd_plan **ret)
{
    struct xvtd_plan *plan = calloc(1, sizeof(*plan));
    int r;

    *ret = NULL;
    ctx->e.code = XV_OK;
    if (!plan)
        return ctx_end(ctx, err_nomem(&ctx->e));
    plan->ctx = ctx;
    r = fill(plan, command, operands, options, &ctx->e);
    if (r)
        xvtd_plan_free(plan);
    else
        *ret = plan;
    return ctx_end(ctx, r);
}

void xvtd_plan_free(struct xvtd_plan *plan)
{
    if (!plan)
        return;
    helper_end(plan->helper, false);
    undo_clear(&plan->undo);
    xvtd_doc_free(plan->read);
    free_words(plan->operands);
    free_words(plan->options);
    free(plan);
}

static int carry_out(struct xvtd_plan *plan, enum plan_do what, struct xvtd_doc **ret)
{
    struct xvtd_ctx *ctx = plan->ctx;
    int r = ctx_begin(ctx);

    if (r)
        return ctx_end(ctx, r);
    r = ctx->flags & XVTD_OWN_PROCESS ? plan_here(plan, what, ret, &ctx->e)
                                      : plan_there(plan, what, ret, &ctx->e);
    plan->step = NULL;
    plan->cancel = NULL;
    return ctx_end(ctx, r);
}

int xvtd_plan_read(struct xvtd_plan *plan, struct xvtd_doc **ret)
{
    struct xvtd_doc *read = NULL;
    int code;

    *ret = NULL;
    code = carry_out(plan, PLAN_READ, ret);
    if (code)
        return code;
    /* Copies the words, which the caller may free. */
    if (answer_parse(xvtd_doc_text(*ret), strlen(xvtd_doc_text(*ret)), &read, &plan->ctx->e)) {
        xvtd_doc_free(*ret);
        *ret = NULL;
        return ctx_end(plan->ctx, -ENOMEM);
    }
    xvtd_doc_free(plan->read);
    plan->read = read;
    return XVTD_OK;
}

static int change(struct xvtd_plan *plan, enum plan_do what, xvtd_step_fn *step,
                  xvtd_cancel_fn *cancel, void *user, struct xvtd_doc **ret)
{
    struct xvtd_doc *doc = NULL;
    int code;

    plan->step = step;
    plan->cancel = cancel;
    plan->user = user;
    code = carry_out(plan, what, &doc);
    if (ret)
        *ret = doc;
    else
        xvtd_doc_free(doc);
    return code;
}

static int refuse(struct xvtd_plan *plan, struct xvtd_doc **ret, const char *why)
{
    if (ret)
        *ret = NULL;
    return ctx_end(plan->ctx, err_set(&plan->ctx->e, XV_USAGE, EINVAL, "%s", why));
}

int xvtd_plan_apply(struct xvtd_plan *plan, xvtd_step_fn *step, xvtd_cancel_fn *cancel,
                    void *user, struct xvtd_doc **ret)
{
    if (plan->applied)
        return refuse(plan, ret, "the plan has been carried out already");
    plan->applied = true;
    return change(plan, PLAN_APPLY, step, cancel, user, ret);
}

static bool goes_back(const struct cli_command *command)
{
    return command != &op_eject && command != &op_restore && command != &cmd_recover;
}

int xvtd_plan_roll_back(struct xvtd_plan *plan, xvtd_step_fn *step, xvtd_cancel_fn *cancel,
                        void *user, struct xvtd_doc **ret)
{
    if (!plan->applied)
        return refuse(plan, ret, "the plan has not been carried out");
    if (!goes_back(plan->command))
        return refuse(plan, ret, "this change is not rolled back: restore undoes eject");
    return change(plan, PLAN_ROLL_BACK, step, cancel, user, ret);
}

int xvtd_recover(struct xvtd_ctx *ctx, const char *domain, struct xvtd_doc **ret)
{
    const char *operands[] = { domain, NULL };
    struct xvtd_plan *plan;
    int code = xvtd_plan_new(ctx, "recover", operands, NULL, &plan);

    if (ret)
        *ret = NULL;
    if (code)
        return code;
    code = xvtd_plan_apply(plan, NULL, NULL, NULL, ret);
    xvtd_plan_free(plan);
    return code;
}
