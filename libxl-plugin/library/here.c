/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan in this process, if the process is xvtd itself. */
#include "library/internal.h"

#include <errno.h>
#include <string.h>

#include "base/lock.h"
#include "engine/plan.h"
#include "engine/report.h"

#define LOCK_TIMEOUT "lock-timeout="
#define LOCK_TIMEOUT_MAX_S 86400

static int read_lock_timeout(const char *option, bool set, struct err *e)
{
    struct lock_policy policy = { .timeout_ms = -1 };
    long seconds;
    int r = cli_number(option + strlen(LOCK_TIMEOUT), "lock-timeout", 0, LOCK_TIMEOUT_MAX_S,
                       &seconds, e);

    if (r || !set)
        return r;
    policy.timeout_ms = seconds * 1000LL;
    locks_policy(&policy);
    return 0;
}

/* The plan's words in the form that the command reads; set: its lock options count from now on. */
static int read_words(const struct xvtd_plan *plan, bool set, struct cli_args *args,
                      struct err *e)
{
    int r = 0;

    *args = (struct cli_args){ .command = plan->command, .operands = plan->operands };
    while (plan->operands[args->n_operands])
        args->n_operands++;
    for (size_t i = 0; !r && plan->options[i]; i++)
        r = strncmp(plan->options[i], LOCK_TIMEOUT, strlen(LOCK_TIMEOUT))
                ? cli_add_option(args, plan->options[i], e)
                : read_lock_timeout(plan->options[i], set, e);
    return r ? r : cli_count_operands(args, e);
}

int plan_check(const struct xvtd_plan *plan, struct err *e)
{
    struct cli_args args;
    int r = read_words(plan, false, &args, e);

    cli_args_clear(&args);
    return r;
}

static void tell_note(const char *kind, const char *object, const char *text, void *user)
{
    struct xvtd_plan *plan = user;

    ctx_note(kind, object, text, plan->ctx);
}

static void tell_step(const char *text, void *user)
{
    struct xvtd_plan *plan = user;

    if (plan->step)
        plan->step(text, plan->user);
}

/* Was this step in the plan that was read, after the steps that have run? */
static bool was_told(struct xvtd_plan *plan, const struct step_text *text)
{
    const struct xvtd_value *steps = xvtd_get(xvtd_doc_top(plan->read), "plan");

    while (plan->n_agreed < xvtd_count(steps)) {
        const char *told = xvtd_str(xvtd_at(steps, plan->n_agreed++), "text");

        if (told && !strcmp(told, text->what))
            return true;
    }
    return false;
}

/* A plan that was read is binding: fewer steps may run by now, but no others. */
static int agree(const struct plan *is, void *user, struct err *e)
{
    struct xvtd_plan *plan = user;

    for (size_t i = 0; plan->read && i < is->n; i++) {
        struct step_text text;
        int r;

        step_describe(&is->steps[i], &text);
        if (is->steps[i].status == STEP_ALREADY || was_told(plan, &text))
            continue;
        r = err_on(e, XV_REFUSED, ESTALE, text.object,
                   "this has changed since the plan was read: %s", text.what);
        err_kind(e, "changed");
        err_hint(e, "make a new plan");
        return r;
    }
    return 0;
}

static void keep(const struct journal_doc *doc, const struct plan *is, void *user)
{
    struct xvtd_plan *plan = user;
    struct err ignored; /* out of memory: a rollback is impossible, and will say so */

    undo_keep(&plan->undo, doc, is, &ignored);
}

static int run_command(struct xvtd_plan *plan, bool dry_run, struct xvtd_doc **ret,
                       struct err *e)
{
    struct xvtd *x = &plan->ctx->x;
    struct cli_args args;
    int r = read_words(plan, true, &args, e);

    x->dry_run = dry_run;
    if (!r)
        r = ctx_run(plan->ctx, &args, ret, e);
    x->dry_run = false;
    cli_args_clear(&args);
    return r;
}

static int run_undo(void *program, const struct cli_args *args, struct err *e)
{
    struct xvtd *x = program;
    struct xvtd_plan *plan = x->listener->user;
    int r = xvtd_hv(x, e);

    (void)args;
    if (r)
        return r;
    report_begin(x);
    r = undo_run(&plan->undo, x, e);
    report_end(x);
    return r;
}

int plan_here(struct xvtd_plan *plan, enum plan_do what, struct xvtd_doc **ret, struct err *e)
{
    static const struct cli_command undo = { .name = "roll-back", .run = run_undo };
    const struct cli_args args = { .command = &undo };
    const struct xvtd_listener listener = {
        .note = tell_note, .step = tell_step, .agree = agree, .carried_out = keep, .user = plan,
    };
    struct xvtd *x = &plan->ctx->x;
    int r;

    x->listener = &listener;
    snprintf(x->command, sizeof(x->command), "%s%s%s", plan->command->name,
             plan->command->sub ? " " : "", plan->command->sub ? plan->command->sub : "");
    if (what == PLAN_ROLL_BACK)
        r = ctx_run(plan->ctx, &args, ret, e);
    else
        r = run_command(plan, what == PLAN_READ, ret, e);
    x->listener = NULL;
    return r;
}
