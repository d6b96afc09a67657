/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/host_steps.h"

static struct step *add_fn(struct plan *plan, enum step_kind kind, const struct bind_fn *fn,
                           const char *keeper, struct err *e)
{
    struct step *step = plan_add(plan, kind, fn->bdf);

    if (!step) {
        err_nomem(e);
        return NULL;
    }
    *step_move(step) = (struct move){
        .before = fn->driver, .native = fn->native, .group = fn->iommu_group,
    };
    snprintf(step_move(step)->keeper, sizeof(step_move(step)->keeper), "%s", keeper);
    return step;
}

static int check_owner(const struct bind_fn *fn, struct err *e)
{
    int r;

    if (fn->owned) {
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf), "it belongs to domain %u", fn->domid);
        err_kind(e, "owned");
        err_hint(e, "detach it there first: xvtd detach %u %s", fn->domid, BDF_STR(fn->bdf));
        return r;
    }
    if (fn->group_open) {
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf),
                   "a program has its VFIO group open, /dev/vfio/%d", fn->iommu_group);
        err_kind(e, "group-open");
        err_hint(e, "end that program first; `fuser -v /dev/vfio/%d` shows its name",
                 fn->iommu_group);
        return r;
    }
    if (fn->vf_open) {
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf),
                   "a program has the VFIO group of its virtual function %s open", BDF_STR(fn->vf));
        err_kind(e, "group-open");
        err_hint(e, "end that program first: a virtual function does not survive a move of its "
                    "physical function");
        return r;
    }
    return check_vf_guests(fn->bdf, fn->holders, fn->n_holders, e);
}

static int check_keeper(const struct bind_facts *f, const struct keeper *keeper, struct err *e)
{
    int r;

    if (f->there != KEEPER_MISSING)
        return 0;
    r = err_set(e, XV_CANNOT, ENOENT,
                "driver %s: this kernel does not have it, neither built in nor as a module",
                keeper->driver);
    err_hint(e, "Debian's linux-image-amd64 has it");
    return r;
}

/* Checks that only one keeper needs. */
static int check_for_keeper(const struct bind_facts *f, const struct bind_fn *fn,
                            const struct keeper *keeper, struct err *e)
{
    int r;

    if (!strcmp(keeper->driver, PCIBACK) && fn->bdf.segment > 0xffff)
        return err_on(e, XV_CANNOT, EOPNOTSUPP, BDF_STR(fn->bdf),
                      "Xen cannot name a device in a segment above ffff");
    if (strcmp(keeper->driver, "vfio-pci") || fn->iommu_group >= 0)
        return 0;
    r = err_on(e, XV_CANNOT, ENODEV, BDF_STR(fn->bdf),
               "the kernel has no IOMMU group for it, so vfio-pci cannot drive it");
    if (f->xen)
        err_hint(e, "Xen uses the IOMMU itself: for Xen's guests use --driver=pciback");
    else
        err_hint(e, "is VT-d or AMD-Vi on in the firmware, and intel_iommu=on on the kernel's "
                    "command line?");
    return r;
}

static bool comes_along(const struct bind_facts *f, struct bdf bdf)
{
    for (size_t i = 0; i < f->n; i++)
        if (bdf_equal(f->fns[i].bdf, bdf))
            return true;
    return false;
}

/*
 * A VFIO group can be opened only when no native driver has any of its functions
 * (drivers/iommu/iommu.c, iommu_device_use_default_domain()).
 */
static int check_group(const struct bind_facts *f, const struct bind_fn *fn, unsigned allow,
                       struct plan_notes *notes, struct err *e)
{
    for (size_t i = 0; i < fn->n_peers; i++) {
        const struct group_peer *peer = &fn->peers[i];
        const char *why = *peer->reason ? peer->reason : "they are in one group";
        int r;

        if (!driver_is_native(peer->driver) || comes_along(f, peer->bdf))
            continue;
        if (allow & ALLOW_SPLIT_GROUP) {
            r = plan_note_add(notes, "split-group", fn->bdf, e,
                              "no program can open /dev/vfio/%d while driver %s has %s: %s",
                              fn->iommu_group, peer->driver,
                              BDF_STR(peer->bdf), why);
            if (r)
                return r;
            continue;
        }
        r = err_on(e, XV_REFUSED, EXDEV, BDF_STR(fn->bdf),
                   "vfio-pci needs its whole group, but %s is with driver %s: %s",
                   BDF_STR(peer->bdf), peer->driver, why);
        err_kind(e, "split-group");
        err_hint(e, "--with-group takes the whole group; --allow=split-group takes this one alone, "
                 "but no program can open the group until the rest follows");
        return r;
    }
    return 0;
}

static int already_bound(const struct bind_fn *fn, const struct keeper *keeper,
                         struct plan *plan, struct err *e)
{
    struct step *step = add_fn(plan, STEP_BIND, fn, keeper->driver, e);

    if (!step)
        return -ENOMEM;
    step->status = STEP_ALREADY;
    step_say(step, "already with driver %s", keeper->driver);
    if (fn->owned)
        step_say(step, "already with driver %s, attached to domain %u", keeper->driver, fn->domid);
    return 0;
}

static int plan_bind(const struct bind_facts *f, const struct bind_fn *fn,
                     const struct bind_request *request, struct plan *plan, struct err *e)
{
    const struct keeper *keeper = request->keeper;
    struct step *step;
    int r = check_owner(fn, e);

    if (r)
        return r;
    if (fn->boot_hidden && !strcmp(fn->driver.driver, PCIBACK) &&
        !(request->allow & ALLOW_BOOT_HIDDEN))
        return refuse_boot_hidden(fn->bdf, e);
    if (fn->n_holders && !(request->allow & ALLOW_IN_USE))
        return refuse_in_use(fn->bdf, fn->holders, fn->n_holders, e);
    r = check_for_keeper(f, fn, keeper, e);
    if (r)
        return r;
    if (f->there == KEEPER_LOADABLE && !plan->n) {
        step = plan_add(plan, STEP_LOAD, (struct bdf){ 0 });
        if (!step)
            return err_nomem(e);
        snprintf(step_load(step)->module, DRIVER_NAME_MAX, "%s", keeper->module);
        snprintf(step_load(step)->driver, DRIVER_NAME_MAX, "%s", keeper->driver);
    }
    step = add_fn(plan, STEP_BIND, fn, keeper->driver, e);
    if (!step)
        return -ENOMEM;
    /* Taken from another keeper: the driver on record gets it back in the end. */
    if (driver_is_native(fn->driver.driver))
        step_move(step)->native = fn->driver;
    return 0;
}

/* One step for each VFIO group of the plan. */
static int plan_owners(const struct bind_request *request, struct plan *plan, struct err *e)
{
    size_t n = plan->n;

    for (size_t i = 0; i < n; i++) {
        int group = step_move(&plan->steps[i])->group;
        bool planned = false;
        struct step *step;

        if (plan->steps[i].kind != STEP_BIND)
            continue;
        for (size_t j = n; j < plan->n; j++)
            planned |= step_owner_of(&plan->steps[j])->group == group;
        if (planned)
            continue;
        step = plan_add(plan, STEP_OWNER, (struct bdf){ 0 });
        if (!step)
            return err_nomem(e);
        *step_owner_of(step) = (struct owner){ .group = group, .uid = request->uid };
    }
    return 0;
}

int bind_decide(const struct bind_facts *f, const struct bind_request *request,
                struct plan *plan, struct plan_notes *notes, struct err *e)
{
    const struct keeper *keeper = request->keeper;
    bool vfio = !strcmp(keeper->driver, "vfio-pci");
    int r = 0;

    for (size_t i = 0; i < f->n; i++)
        if (f->fns[i].bridge)
            return refuse_bridge(f->fns[i].bdf, e);
    for (size_t i = 0; !r && i < f->n; i++) {
        const struct bind_fn *fn = &f->fns[i];

        if (!strcmp(fn->driver.driver, keeper->driver)) {
            r = already_bound(fn, keeper, plan, e);
        } else {
            r = check_keeper(f, keeper, e);
            if (!r)
                r = plan_bind(f, fn, request, plan, e);
        }
        if (!r && vfio)
            r = check_group(f, fn, request->allow, notes, e);
    }
    return !r && request->owner ? plan_owners(request, plan, e) : r;
}

static int plan_return(const struct bind_fn *fn, unsigned allow, struct plan *plan, struct err *e)
{
    bool native = driver_is_native(fn->driver.driver);
    struct step *step;

    if (!native) {
        int r = check_owner(fn, e);

        if (r)
            return r;
        if (fn->boot_hidden && !(allow & ALLOW_BOOT_HIDDEN))
            return refuse_boot_hidden(fn->bdf, e);
    }
    step = add_fn(plan, STEP_UNBIND, fn, "", e);
    if (!step)
        return -ENOMEM;
    if (native) {
        step->status = STEP_ALREADY;
        step_say(step, "already with driver %s", fn->driver.driver);
    }
    return 0;
}

int unbind_decide(const struct bind_facts *f, unsigned allow, struct plan *plan, struct err *e)
{
    int r = 0;

    for (size_t i = 0; i < f->n; i++)
        if (f->fns[i].bridge)
            return refuse_bridge(f->fns[i].bdf, e);
    for (size_t i = 0; !r && i < f->n; i++)
        r = plan_return(&f->fns[i], allow, plan, e);
    return r;
}
