/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/decide_common.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/domain.h"

/* A guest releases a slot as a whole, with every function in it. */
static int check_whole_slot(const struct facts *f, const struct guest_pci *pci,
                            const struct bdf *bdfs, size_t n, struct err *e)
{
    for (size_t i = 0; i < f->n_assigned; i++) {
        const struct guest_pci *other = &f->assigned[i];
        int r;

        if (other->domid != pci->domid || !pci->vslot || other->vslot != pci->vslot ||
            bdf_in(bdfs, n, other->bdf))
            continue;
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(pci->bdf),
                   "it shares slot 0x%02x of '%s' with %s, and a guest releases a slot as a whole",
                   pci->vslot, f->dom->name, BDF_STR(other->bdf));
        err_hint(e, "name all functions of the slot");
        return r;
    }
    return 0;
}

static int plan_one(const struct facts *f, const struct fn_facts *fn, const struct bdf *bdfs,
                    size_t n, struct plan *plan, struct err *e)
{
    bool ours = fn->owner && fn->owner->domid == f->dom->domid;
    bool held = fn->held && fn->held_by == f->dom->domid;
    struct guest_pci pci = { .bdf = fn->bdf, .domid = f->dom->domid };
    struct step *step;
    int r = check_segment(f, fn, e);

    if (!r && ours) {
        r = check_whole_slot(f, fn->owner, bdfs, n, e);
        pci = *fn->owner;
    }
    if (r)
        return r;
    step = plan_guest(plan, STEP_DETACH, f->dom, &pci);
    if (!step)
        return err_nomem(e);
    step_guest(step)->lost = ours && fn->lost.kind != LOST_NOT;
    if (!ours && !held) {
        step->status = STEP_ALREADY;
        step_say(step, "already not attached to %s%s%s",
                 f->dom->name, fn->owner ? "; it belongs to " : "",
                 fn->owner ? domain_label(f->domains, f->n_domains, fn->owner->domid).s : "");
    }
    return 0;
}

/* A step about the whole guest. */
static int plan_general(const struct facts *f, enum step_kind kind, struct plan *plan,
                        struct err *e)
{
    struct guest_pci none = { .vslot = 0 };

    return plan_guest(plan, kind, f->dom, &none) ? 0 : err_nomem(e);
}

int decide_eject(const struct facts *f, const struct bdf *bdfs, size_t n, struct plan *plan,
                 struct err *e)
{
    int r;

    if (!n)
        return 0;
    r = f->dom->type == HV_HVM && f->dom->managed ? plan_general(f, STEP_KEEP, plan, e) : 0;
    if (!r)
        r = plan_general(f, STEP_REMEMBER, plan, e);
    return r ? r : decide_detach(f, bdfs, n, false, NULL, 0, plan, e);
}

/* Only a device that is certainly the guest's goes to the driver that had the guest's device. */
static int check_return(const struct facts *f, const struct fn_facts *fn, struct err *e)
{
    bool ours = fn->owner && fn->owner->domid == f->dom->domid;
    int r;

    if (!ours || (fn->lost.kind != LOST_OTHER && fn->lost.kind != LOST_UNSURE))
        return 0;
    r = check_lost(f, fn, e);
    err_hint(e, "without --return: xvtd detach %s %s", DOMAIN_ARG(f->dom), BDF_STR(fn->bdf));
    return r;
}

/* Is it in pciback, and no other guest's? */
static bool is_returnable(const struct facts *f, const struct fn_facts *fn)
{
    return !strcmp(fn->driver.driver, PCIBACK) &&
           (!fn->owner || fn->owner->domid == f->dom->domid);
}

/* The guest has the function, or had it last: its settings end with that. */
static int plan_former(const struct facts *f, const struct fn_facts *fn, bool give_back,
                       struct plan *plan, struct err *e)
{
    bool had = !fn->owner && !strcmp(fn->past_guest, f->dom->uuid);
    bool ours = fn->owner && fn->owner->domid == f->dom->domid;
    struct step *step;
    int r;

    if (fn->lost.kind != LOST_NOT || !(had || ours || give_back))
        return 0;
    r = plan_put_back(fn, give_back, &step, plan, e);
    if (!r && step)
        step->final = true;
    return r;
}

int decide_detach(const struct facts *f, const struct bdf *bdfs, size_t n, bool give_back,
                  const struct driver_state *natives, unsigned allow, struct plan *plan,
                  struct err *e)
{
    int r = 0;

    if (f->dom->type != HV_PV && !f->dom->managed)
        return err_on(e, XV_CANNOT, EOPNOTSUPP, f->dom->name,
                      "it was not created by libxl, which has no configuration of it");
    for (size_t i = 0; give_back && !r && i < n; i++)
        r = check_return(f, facts_fn(f, bdfs[i]), e);
    for (size_t i = 0; !r && i < n; i++)
        r = plan_one(f, facts_fn(f, bdfs[i]), bdfs, n, plan, e);
    for (size_t i = 0; !r && i < n; i++)
        r = plan_former(f, facts_fn(f, bdfs[i]),
                        give_back && is_returnable(f, facts_fn(f, bdfs[i])), plan, e);
    for (size_t i = 0; give_back && !r && i < n; i++) {
        const struct fn_facts *fn = facts_fn(f, bdfs[i]);

        if (is_returnable(f, fn))
            r = plan_return(fn, &natives[i], true, allow, plan, e);
    }
    return r;
}
