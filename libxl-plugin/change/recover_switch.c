/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/text.h"
#include "change/recover.h"
#include "change/steps.h"
#include "decide/facts.h"

#define PATIENCE_MS 10000   /* for what a guest was asked before, as libxl's */
#define POLL_MS 200

bool recover_was_asked(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == STEP_DETACH &&
            (plan->steps[i].open || plan->steps[i].status == STEP_DONE))
            return true;
    return false;
}

/* How many of what it was asked for are still on its bus, or where that is unknown, its own? */
static int count_held(const struct apply *a, const struct plan *plan,
                      const struct hv_domain *from, size_t *held, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    AUTO_FREE struct hv_slot *bus = NULL;
    size_t n = 0, n_assigned = 0;
    int r = hv_bus(a->hv, from, &bus, &n, e);
    bool bus_known = r != -EOPNOTSUPP;

    if (!bus_known)
        r = hv_assigned(a->hv, &assigned, &n_assigned, e);
    *held = 0;
    for (size_t i = 0; !r && i < plan->n; i++) {
        struct bdf bdf = plan->steps[i].pci.bdf;
        const struct guest_pci *owner = guest_pci_find(assigned, n_assigned, bdf);

        if (plan->steps[i].kind == STEP_DETACH && plan->steps[i].open)
            *held += bus_known ? bus_find_host(bus, n, bdf) != NULL
                               : owner && owner->domid == from->domid;
    }
    return r;
}

/*
 * A guest that was asked may be about to let go, or the one who asked was killed before he
 * did: that can only be told by waiting.
 */
static int await(const struct apply *a, const struct plan *plan, const struct hv_domain *from,
                 size_t *held, struct err *e)
{
    long long deadline = stop_now_ms() + PATIENCE_MS;
    int r;

    while (!(r = count_held(a, plan, from, held, e)) && *held && stop_now_ms() < deadline &&
           !stop_requested())
        stop_sleep_ms(POLL_MS);
    return r;
}

static int undo(const struct apply *a, struct plan *plan, const struct hv_domain *from,
                size_t held, struct err *e)
{
    int r = recover_undo(a, plan, e);

    if (r || !held || !from->paused)
        return r;
    r = err_set(e, XV_INCOMPLETE, ETIMEDOUT, "'%s' is paused, and cannot tell whether it lets go",
                from->name);
    err_kind(e, "pending");
    err_hint(e, "`xl unpause %s`, then `xvtd recover` again", SHELL_STR(from->name));
    return r;
}

static int finish(const struct apply *a, struct plan *plan, struct err *e)
{
    int r = 0;

    /* What is half attached to the second guest leaves it first. */
    recover_whole_slots(plan);
    for (size_t i = plan->n; !r && i-- > 0;) {
        struct step *step = &plan->steps[i];

        if (step->open && step->kind == STEP_ATTACH)
            r = step_ops[STEP_ATTACH].undo(a, step, e);
        if (step->open || step->status == STEP_UNDONE)
            step->status = STEP_WAITING;
    }
    return r ? r : plan_apply(a, plan, APPLY_ALL, e);
}

int recover_switch(const struct apply *a, struct plan *plan, bool asked, bool undoing,
                   const struct hv_domain *from, bool to_runs, bool *undone, struct err *e)
{
    size_t held = 0;
    int r = 0;

    *undone = true;
    if (!asked)
        return 0; /* nothing had been touched */
    if (from)
        r = await(a, plan, from, &held, e);
    if (r)
        return r;
    if (from && (undoing || held || !to_runs))
        return undo(a, plan, from, held, e);
    if (!to_runs)
        return 0; /* both are gone */
    *undone = false;
    return finish(a, plan, e);
}
