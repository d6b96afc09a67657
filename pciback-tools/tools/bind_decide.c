/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct bind_step *add_step(struct bind_plan *plan, enum bind_kind kind)
{
    struct bind_step *step;

    if (ARRAY_GROW(plan->steps, plan->n))
        return NULL;
    step = &plan->steps[plan->n++];
    *step = (struct bind_step){ .kind = kind, .group = -1 };
    return step;
}

static struct bind_step *add_fn(struct bind_plan *plan, enum bind_kind kind,
                                const struct bind_fn *fn, struct err *e)
{
    struct bind_step *step = add_step(plan, kind);

    if (!step) {
        err_nomem(e);
        return NULL;
    }
    step->bdf = fn->bdf;
    step->before = fn->driver;
    step->native = fn->native;
    step->group = fn->iommu_group;
    return step;
}

static int check_owner(const struct bind_fn *fn, struct err *e)
{
    int r;

    if (fn->owned) {
        r = err_set(e, XV_REFUSED, EBUSY, "%s: it belongs to domain %u", BDF_STR(fn->bdf),
                    fn->domid);
        err_kind(e, "owned");
        err_hint(e, "take it out there first: xvtd detach %u %s", fn->domid, BDF_STR(fn->bdf));
        return r;
    }
    if (fn->group_open) {
        r = err_set(e, XV_REFUSED, EBUSY, "%s: a program has its VFIO group open, /dev/vfio/%d",
                    BDF_STR(fn->bdf), fn->iommu_group);
        err_kind(e, "group-open");
        err_hint(e, "end that program first; `fuser -v /dev/vfio/%d` tells which it is",
                 fn->iommu_group);
        return r;
    }
    return 0;
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

/* What only one keeper asks for. */
static int check_for_keeper(const struct bind_facts *f, const struct bind_fn *fn,
                            const struct keeper *keeper, struct err *e)
{
    int r;

    if (!strcmp(keeper->driver, PCIBACK) && fn->bdf.segment > 0xffff)
        return err_set(e, XV_CANNOT, EOPNOTSUPP,
                       "%s: Xen cannot name a device in a segment above ffff",
                       BDF_STR(fn->bdf));
    if (strcmp(keeper->driver, "vfio-pci") || fn->iommu_group >= 0)
        return 0;
    r = err_set(e, XV_CANNOT, ENODEV, "%s: the kernel has no IOMMU group for it, so vfio-pci "
                "cannot drive it", BDF_STR(fn->bdf));
    if (f->xen)
        err_hint(e, "below Xen the IOMMU is Xen's: --driver=pciback is for its guests");
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
                       struct bind_plan *plan, struct err *e)
{
    for (size_t i = 0; i < fn->n_peers; i++) {
        const struct group_peer *peer = &fn->peers[i];
        const char *why = *peer->reason ? peer->reason : "they are in one group";
        int r;

        if (!driver_is_native(peer->driver) || comes_along(f, peer->bdf))
            continue;
        if (allow & ALLOW_SPLIT_GROUP) {
            snprintf(plan->note, sizeof(plan->note), "warning: nobody can open /dev/vfio/%d "
                     "while driver %s has %s: %s", fn->iommu_group, peer->driver,
                     BDF_STR(peer->bdf), why);
            continue;
        }
        r = err_set(e, XV_REFUSED, EXDEV, "%s: vfio-pci has to have its whole group, and %s of "
                    "it is driver %s's: %s", BDF_STR(fn->bdf), BDF_STR(peer->bdf), peer->driver,
                    why);
        err_kind(e, "split-group");
        err_hint(e, "--with-group takes the group whole; --allow=split-group takes this one "
                    "alone, and nobody can open the group until the rest follows");
        return r;
    }
    return 0;
}

static int already_bound(const struct bind_fn *fn, const struct keeper *keeper,
                         struct bind_plan *plan, struct err *e)
{
    struct bind_step *step = add_fn(plan, BIND_TAKE, fn, e);

    if (!step)
        return -ENOMEM;
    step->keeper = keeper;
    step->status = BIND_ALREADY;
    snprintf(step->message, sizeof(step->message), "already with driver %s", keeper->driver);
    if (fn->owned)
        snprintf(step->message, sizeof(step->message), "already with driver %s, attached to "
                 "domain %u", keeper->driver, fn->domid);
    return 0;
}

static int plan_take(const struct bind_facts *f, const struct bind_fn *fn,
                     const struct bind_request *request, struct bind_plan *plan, struct err *e)
{
    const struct keeper *keeper = request->keeper;
    struct bind_step *step;
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
        step = add_step(plan, BIND_LOAD);
        if (!step)
            return err_nomem(e);
        step->keeper = keeper;
    }
    step = add_fn(plan, BIND_TAKE, fn, e);
    if (!step)
        return -ENOMEM;
    step->keeper = keeper;
    /* From another keeper: who is on record gets it back in the end. */
    if (driver_is_native(fn->driver.driver))
        step->native = fn->driver;
    return 0;
}

/* One step for each group that a function of the plan is in. */
static int plan_owners(const struct bind_request *request, struct bind_plan *plan,
                       struct err *e)
{
    size_t n = plan->n;

    for (size_t i = 0; i < n; i++) {
        bool planned = false;
        struct bind_step *step;

        if (plan->steps[i].kind != BIND_TAKE)
            continue;
        for (size_t j = n; j < plan->n; j++)
            planned |= plan->steps[j].group == plan->steps[i].group;
        if (planned)
            continue;
        step = add_step(plan, BIND_OWNER);
        if (!step)
            return err_nomem(e);
        step->group = plan->steps[i].group;
        step->uid = request->uid;
    }
    return 0;
}

int bind_decide(const struct bind_facts *f, const struct bind_request *request,
                struct bind_plan *plan, struct err *e)
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
                r = plan_take(f, fn, request, plan, e);
        }
        if (!r && vfio)
            r = check_group(f, fn, request->allow, plan, e);
    }
    return !r && request->owner ? plan_owners(request, plan, e) : r;
}

static int plan_return(const struct bind_fn *fn, unsigned allow, struct bind_plan *plan,
                       struct err *e)
{
    const struct keeper *keeper = keeper_find(fn->driver.driver);
    bool native = driver_is_native(fn->driver.driver);
    struct bind_step *step;

    if (!native) {
        int r = check_owner(fn, e);

        if (r)
            return r;
        if (fn->boot_hidden && !(allow & ALLOW_BOOT_HIDDEN))
            return refuse_boot_hidden(fn->bdf, e);
    }
    step = add_fn(plan, BIND_RETURN, fn, e);
    if (!step)
        return -ENOMEM;
    step->keeper = keeper;
    if (native) {
        step->status = BIND_ALREADY;
        snprintf(step->message, sizeof(step->message), "already with driver %s",
                 fn->driver.driver);
    }
    return 0;
}

int unbind_decide(const struct bind_facts *f, unsigned allow, struct bind_plan *plan,
                  struct err *e)
{
    int r = 0;

    for (size_t i = 0; i < f->n; i++)
        if (f->fns[i].bridge)
            return refuse_bridge(f->fns[i].bdf, e);
    for (size_t i = 0; !r && i < f->n; i++)
        r = plan_return(&f->fns[i], allow, plan, e);
    return r;
}

void bind_describe(const struct bind_step *step, char *text, size_t text_size, char *undo,
                   size_t undo_size)
{
    const char *before = step->before.driver, *native = step->native.driver;
    struct bdf_text bdf = bdf_text(step->bdf);

    switch (step->kind) {
    case BIND_LOAD:
        snprintf(text, text_size, "load kernel module %s", step->keeper->module);
        snprintf(undo, undo_size, "none: it stays loaded, holding nothing");
        break;
    case BIND_TAKE:
        snprintf(text, text_size, "take %s from %s%s to %s", bdf.s,
                 *before ? "driver " : "no driver", before, step->keeper->driver);
        snprintf(undo, undo_size, *before ? "give it back to %s" : "leave it without a driver%s",
                 before);
        break;
    case BIND_RETURN:
        if (*native)
            snprintf(text, text_size, "return %s to driver %s", bdf.s, native);
        else
            snprintf(text, text_size, "return %s to whatever driver takes it", bdf.s);
        snprintf(undo, undo_size, *before ? "take it to %s again" : "leave it without a driver%s",
                 before);
        break;
    case BIND_OWNER:
        snprintf(text, text_size, "give /dev/vfio/%d to user %u", step->group, step->uid);
        snprintf(undo, undo_size, "give it back to who had it");
        break;
    }
}
