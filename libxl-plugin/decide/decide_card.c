/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reset of a whole card, where none of its functions has one of its own.  Pure. */
#include "decide/decide_common.h"

#include <string.h>

#include "decide/guest_step.h"
#include "engine/host_steps.h"

static bool same_card(const struct fn_facts *a, const struct fn_facts *b)
{
    return a->card_n && a->card_n == b->card_n && bdf_equal(a->card, b->card);
}

bool card_whole(const struct facts *f, const struct fn_facts *fn)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n_fns; i++)
        if (same_card(fn, &f->fns[i])) {
            if (f->fns[i].owner || f->fns[i].held || f->fns[i].in_xen)
                return false;
            n++;
        }
    return n && n == fn->card_n;
}

/* Is the function in pciback and nobody's, when the steps before `at` are done? */
static bool waits(const struct fn_facts *fn, const struct plan *plan, size_t at)
{
    bool kept = !strcmp(fn->driver.driver, PCIBACK), taken = fn->owner || fn->held || fn->in_xen;

    for (size_t i = 0; i < at; i++) {
        const struct step *step = &plan->steps[i];

        if (!step_is_function(step) || !bdf_equal(step->bdf, fn->bdf) ||
            step->status != STEP_WAITING)
            continue;
        kept = step->kind == STEP_TAKE || (kept && step->kind != STEP_RETURN);
        taken = step->kind == STEP_ATTACH || (taken && step->kind != STEP_DETACH);
    }
    return kept && !taken;
}

bool card_was_reset(const struct facts *f, const struct plan *plan, size_t at,
                    const struct fn_facts *fn)
{
    for (size_t i = 0; i < at; i++)
        if (plan->steps[i].kind == STEP_RESET_CARD &&
            same_card(fn, facts_fn(f, plan->steps[i].bdf)))
            return true;
    return false;
}

int plan_card_reset(const struct facts *f, struct plan *plan, size_t at,
                    const struct fn_facts *fn, struct err *e)
{
    struct step *step, moved;
    size_t n = 0;

    for (size_t i = 0; i < f->n_fns; i++)
        n += same_card(fn, &f->fns[i]) && waits(&f->fns[i], plan, at);
    if (!n || n != fn->card_n)
        return 0;
    step = plan_add(plan, STEP_RESET_CARD, fn->bdf);
    if (!step)
        return err_nomem(e);
    *step_card(step) = (struct card){ .bridge = fn->card, .n = fn->card_n };
    moved = *step;
    memmove(&plan->steps[at + 1], &plan->steps[at], (plan->n - 1 - at) * sizeof(moved));
    plan->steps[at] = moved;
    return 1;
}
