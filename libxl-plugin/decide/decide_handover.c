/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that cannot be reset, and its next owner.  Pure. */
#include "decide/decide_common.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/guest_step.h"
#include "engine/host_steps.h"

bool is_handover(const struct fn_facts *fn, const char *to)
{
    if (!fn->no_reset || fn->past == PAST_NONE)
        return false;
    return fn->past == PAST_UNKNOWN || !to || strcmp(fn->past_guest, to);
}

/* The risk, without the address. */
static const char *risk(const struct fn_facts *fn)
{
    return fn->past == PAST_GUEST ? "a guest had it, and it cannot be reset"
                                  : "a guest may have had it, and it cannot be reset";
}

int check_handover(const struct facts *f, const struct fn_facts *fn, const char *to,
                   unsigned allow, struct err *e)
{
    int r;

    if (!f->policy.strict_reset || allow & ALLOW_NO_RESET || !is_handover(fn, to))
        return 0;
    r = err_on(e, XV_REFUSED, EPERM, BDF_STR(fn->bdf), "%s, but the policy requires a reset",
               risk(fn));
    err_kind(e, "no-reset");
    err_hint(e, "--allow=no-reset hands it over anyway, with the last guest's data in its "
             "registers and firmware; switching the host off and on clears them");
    return r;
}

int decide_handover(const struct facts *f, struct plan *plan, unsigned allow,
                    struct plan_notes *notes, struct err *e)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step = &plan->steps[i];
        const struct fn_facts *fn = step_is_function(step) ? facts_fn(f, step->bdf) : NULL;
        bool attach = step->kind == STEP_ATTACH;
        const char *to = attach ? f->dom->uuid : NULL;
        int r;

        if (!fn || step->status != STEP_WAITING ||
            !(attach || (step->kind == STEP_RETURN && !step_move(step)->unbound)) ||
            !is_handover(fn, to) || card_was_reset(f, plan, i, fn))
            continue;
        r = plan_card_reset(f, plan, i, fn, e);
        if (r < 0)
            return r;
        if (r) {
            i++; /* the step itself, which is behind the reset now */
            continue;
        }
        r = check_handover(f, fn, to, allow | (attach ? step_guest(step)->allow : 0), e);
        if (!r)
            r = plan_note_add(notes, "no-reset", fn->bdf, e,
                              "%s: %s gets it with the data left in its registers and firmware",
                              risk(fn), attach ? f->dom->name : "its driver in dom0");
        if (r)
            return r;
    }
    return 0;
}
