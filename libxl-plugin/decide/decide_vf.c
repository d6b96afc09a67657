/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of a virtual function, before a guest gets it.  Pure. */
#include "decide/decide_common.h"

#include <errno.h>

int plan_configure(const struct fn_facts *fn, const struct vf_settings *given, struct plan *plan,
                   struct err *e)
{
    struct vf_settings want = fn->vf.recorded;
    struct step *step;

    if (given->has && !fn->vf.is)
        return refuse_vf_settings(fn->bdf, e);
    vf_settings_over(&want, given);
    if (!want.has)
        return 0;
    if (!fn->vf.known) {
        *e = fn->vf.error;
        return -EOPNOTSUPP;
    }
    if (!vf_settings_differ(&want, &fn->vf.now) && !vf_settings_differ(&want, &fn->vf.recorded))
        return 0;
    step = plan_add(plan, STEP_CONFIGURE, fn->bdf);
    if (!step)
        return err_nomem(e);
    *step_configure(step) = (struct configure){ .want = want, .recorded = fn->vf.recorded };
    if (fn->owner) {
        step_configure(step)->vslot = fn->owner->vslot;
        step_configure(step)->vfunc = fn->owner->vfunc;
    }
    return 1;
}
