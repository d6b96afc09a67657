/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "decide/decide_common.h"
#include "session/domain.h"

/*
 * Checks that FROM has it in xenstore, and that no other guest's QEMU has it, if it can be asked.
 */
static int check_owned(const struct facts *f, const struct hv_domain *from,
                       const struct fn_facts *fn, struct err *e)
{
    int r;

    if (fn->owner && fn->owner->domid == from->domid)
        return 0;
    if (fn->owner) {
        struct domain_label label = domain_label(f->domains, f->n_domains, fn->owner->domid);

        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf),
                   "'%s' does not have it; it belongs to %s", from->name, label.s);
        err_kind(e, "owned");
        err_hint(e, "xvtd switch %s %s %s", BDF_STR(fn->bdf), label.operand, DOMAIN_ARG(f->dom));
        return r;
    }
    r = err_on(e, XV_NOT_FOUND, ENODEV, BDF_STR(fn->bdf), "'%s' does not have it", from->name);
    err_hint(e, "xvtd assign %s %s", DOMAIN_ARG(f->dom), BDF_STR(fn->bdf));
    return r;
}

/* Refuses to leave functions behind that share its group or slot. */
static int check_complete(const struct facts *f, const struct hv_domain *from,
                          const struct bdf *bdfs, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct fn_facts *fn = facts_fn(f, bdfs[i]);

        for (size_t k = 0; k < f->n_assigned; k++) {
            const struct guest_pci *other = &f->assigned[k];
            bool together = (fn->owner->vslot && fn->owner->vslot == other->vslot) ||
                            group_peer_in(fn->peers, fn->n_peers, other->bdf);

            if (together && other->domid == from->domid && !bdf_in(bdfs, n, other->bdf))
                return err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf),
                              "'%s' has got %s meanwhile, and both must move together", from->name,
                              BDF_STR(other->bdf));
        }
    }
    return 0;
}

/* The facts as they will be when FROM has released the functions. */
static int imagine(const struct facts *f, const struct bdf *bdfs, size_t n, struct facts *ret,
                   struct err *e)
{
    *ret = *f;
    ret->fns = calloc(f->n_fns ? f->n_fns : 1, sizeof(*ret->fns));
    ret->assigned = calloc(f->n_assigned ? f->n_assigned : 1, sizeof(*ret->assigned));
    ret->n_assigned = 0;
    if (!ret->fns || !ret->assigned)
        return err_nomem(e);
    for (size_t i = 0; i < f->n_fns; i++) {
        ret->fns[i] = f->fns[i];
        if (bdf_in(bdfs, n, f->fns[i].bdf))
            ret->fns[i].owner = NULL;
    }
    for (size_t i = 0; i < f->n_assigned; i++)
        if (!bdf_in(bdfs, n, f->assigned[i].bdf))
            ret->assigned[ret->n_assigned++] = f->assigned[i];
    return 0;
}

static void forget(struct facts *imagined)
{
    free(imagined->fns);
    free(imagined->assigned);
}

/*
 * The requests for TO: the same options, but no settings; the named function gets its slot, the others automatic
 * ones.
 */
static int plan_arrival(const struct facts *f, const struct bdf *bdfs, size_t n, unsigned vslot,
                        unsigned allow, struct plan *plan, struct plan_notes *notes,
                        struct err *e)
{
    AUTO_FREE struct assign_request *list = calloc(n, sizeof(*list));
    struct facts then = { .n_fns = 0 };
    size_t n_list;
    int r;

    if (!list)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        const struct guest_pci *owner = facts_fn(f, bdfs[i])->owner;

        list[i] = (struct assign_request){ .what.bdf = bdfs[i], .vslot = owner->vslot,
                                           .options = *owner };
        list[i].options.vf.has = 0; /* FROM's */
    }
    n_list = join_slots(list, n); /* ordered by their present slots */
    for (size_t i = 0; i < n_list; i++)
        list[i].vslot = i ? 0 : vslot;
    r = imagine(f, bdfs, n, &then, e);
    if (!r)
        r = decide_assign(&then, list, n_list, allow, plan, notes, e);
    forget(&then);
    return r;
}

static int plan_departure(const struct facts *f, const struct hv_domain *from,
                          const struct bdf *bdfs, size_t n, struct plan *plan, struct err *e)
{
    /*
     * The undo runs in reverse, so function 0 comes last: QEMU announces the slot to the guest
     * with it.
     */
    for (unsigned func = 0; func < 8; func++)
        for (size_t i = 0; i < n; i++) {
            const struct fn_facts *fn = facts_fn(f, bdfs[i]);
            struct step *step;

            if (fn->owner->vfunc != func)
                continue;
            step = plan_guest(plan, STEP_DETACH, from, fn->owner);
            if (!step)
                return err_nomem(e);
            step->final = false;
        }
    for (size_t i = 0; i < n; i++)
        if (!plan_add(plan, STEP_RESET, bdfs[i]))
            return err_nomem(e);
    return 0;
}

int decide_switch(const struct facts *f, const struct hv_domain *from, const struct bdf *bdfs,
                  size_t n, unsigned vslot, unsigned allow, struct plan *plan,
                  struct plan_notes *notes, struct err *e)
{
    int r = 0;

    if (from->domid == f->dom->domid)
        return err_set(e, XV_USAGE, EINVAL, "'%s' and '%s' are one guest", from->name,
                       f->dom->name);
    /* TO has it already: nothing to do. */
    if (facts_fn(f, bdfs[0])->owner && facts_fn(f, bdfs[0])->owner->domid == f->dom->domid) {
        struct assign_request there = { .what.bdf = bdfs[0], .vslot = vslot };

        return decide_assign(f, &there, 1, allow, plan, notes, e);
    }
    r = domain_attachable(from, e); /* an undo must be able to put it back */
    for (size_t i = 0; !r && i < n; i++)
        r = check_owned(f, from, facts_fn(f, bdfs[i]), e);
    for (size_t i = 0; !r && i < n; i++)
        r = check_libvirt(f, facts_fn(f, bdfs[i]), e);
    if (!r)
        r = check_complete(f, from, bdfs, n, e);
    if (!r)
        r = plan_departure(f, from, bdfs, n, plan, e);
    return r ? r : plan_arrival(f, bdfs, n, vslot, allow, plan, notes, e);
}
