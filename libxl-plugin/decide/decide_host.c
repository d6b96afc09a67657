/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/decide_common.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session/domain.h"

int check_segment(const struct facts *f, const struct fn_facts *fn, struct err *e)
{
    int r;

    if (!fn->unsure)
        return 0;
    r = err_on(e, XV_CANNOT, ENOTUNIQ, BDF_STR(fn->bdf), "the device model of '%s' has a device of "
               "this bus, slot and function, in an unknown segment", f->dom->name);
    err_kind(e, "segment");
    err_hint(e, "shut the guest down to free it");
    return r;
}

int check_lost(const struct facts *f, const struct fn_facts *fn, struct err *e)
{
    struct domain_label label;

    if (!fn->owner || fn->lost.kind == LOST_NOT)
        return 0;
    label = domain_label(f->domains, f->n_domains, fn->owner->domid);
    return refuse_lost(fn->bdf, &fn->lost, label.s, label.operand, e);
}

int check_link(const struct fn_facts *fn, struct err *e)
{
    struct bdf_text port = bdf_text(fn->port);
    int r;

    if (!fn->link_down)
        return 0;
    r = err_on(e, XV_CANNOT, EIO, BDF_STR(fn->bdf), "it does not answer: the link below %s is down",
               port.s);
    err_kind(e, "link");
    err_hint(e, "dmesg | grep %s; then look at the card and its slot", port.s);
    return r;
}

int check_available(const struct facts *f, const struct fn_facts *fn, struct err *e)
{
    int r;

    if (fn->bridge)
        return refuse_bridge(fn->bdf, e);
    if (fn->bdf.segment > 0xffff)
        return err_on(e, XV_CANNOT, EOPNOTSUPP, BDF_STR(fn->bdf),
                      "libxl cannot name a device in a segment above ffff");
    r = check_lost(f, fn, e);
    if (r)
        return r;
    if (fn->owner) {
        struct domain_label label = domain_label(f->domains, f->n_domains, fn->owner->domid);

        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf), "it belongs to %s", label.s);
        err_kind(e, "owned");
        err_hint(e, "detach it there first: xvtd detach %s %s", label.operand,
                 BDF_STR(fn->bdf));
        return r;
    }
    if (fn->held) {
        struct domain_label label = domain_label(f->domains, f->n_domains, fn->held_by);

        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf),
                   "the device model of %s still has it, although Xen took it away", label.s);
        err_kind(e, "held");
        err_hint(e, "wait for the guest to release it (xvtd detach %s %s), or shut the guest down",
                 label.operand, BDF_STR(fn->bdf));
        return r;
    }
    if (fn->in_xen) {
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf),
                   "Xen has it assigned to a guest, but xenstore does not say which");
        err_kind(e, "owned");
        err_hint(e, "a guest keeps its devices until its shutdown ends (see `xl list`); `xvtd "
                 "recover` clears the leftovers of an interrupted command");
        return r;
    }
    r = check_vf_guests(fn->bdf, fn->holders, fn->n_holders, e);
    return r ? r : check_segment(f, fn, e);
}

int check_in_use(const struct fn_facts *fn, struct err *e)
{
    size_t own = 0;

    /* check_vf_guests() covers the other guests. */
    while (own < fn->n_holders && !strcmp(fn->holders[own].what, HOLDER_VF))
        own++;
    if (own < fn->n_holders)
        return refuse_in_use(fn->bdf, fn->holders + own, fn->n_holders - own, e);
    if (!fn->use_unknown)
        return 0;
    *e = fn->use_error;
    return -EIO;
}

/* xen/drivers/passthrough/vtd/iommu.c: intel_iommu_assign_device(), domain_context_mapping() */
int check_firmware(const struct facts *f, struct bdf bdf, enum guest_rdm policy, struct err *e)
{
    const struct firmware_region *region = firmware_shared_region(&f->firmware, bdf);
    int r;

    if (!firmware_covers(&f->firmware, bdf)) {
        r = err_on(e, XV_CANNOT, ENODEV, BDF_STR(bdf), "no IOMMU of this host translates its DMA");
        err_kind(e, "no-iommu");
        err_hint(e, "look for an update of the firmware: its ACPI table DMAR does not list the "
                 "device");
        return r;
    }
    if (!region || f->firmware.table != FIRMWARE_DMAR || policy == GUEST_RDM_RELAXED)
        return 0;
    r = err_on(e, XV_REFUSED, EPERM, BDF_STR(bdf),
               "it shares memory at 0x%" PRIx64 ", reserved by %s (RMRR), with %zu other device%s: "
               "Xen refuses such devices", region->base, firmware_region_by(region),
               region->named - 1, region->named == 2 ? "" : "s");
    err_kind(e, "rmrr");
    err_hint(e, "--rdm-policy=relaxed assigns it anyway; that is safe if only the firmware used "
             "that memory, as for USB and graphics");
    return r;
}

int check_pciback(const struct facts *f, struct bdf bdf, struct err *e)
{
    int r;

    if (f->pciback != PCIBACK_MISSING)
        return 0;
    r = err_on(e, XV_CANNOT, ENOENT, BDF_STR(bdf),
               "this kernel has no xen-pciback, neither built in nor as a module");
    err_hint(e, "Debian's linux-image-amd64 has it; see CONFIG_XEN_PCIDEV_BACKEND");
    return r;
}

int plan_take(const struct facts *f, struct bdf bdf, unsigned allow, struct plan *plan,
              struct err *e)
{
    const struct fn_facts *fn = facts_fn(f, bdf);
    struct step *step;
    int r;

    if (!strcmp(fn->driver.driver, PCIBACK))
        return 0;
    if (!(allow & ALLOW_IN_USE) && (r = check_in_use(fn, e)))
        return r;
    r = check_pciback(f, bdf, e);
    if (r)
        return r;
    if (f->pciback == PCIBACK_LOADABLE && !(plan->n && plan->steps[0].kind == STEP_LOAD)) {
        step = plan_add(plan, STEP_LOAD, (struct bdf){ 0 });
        if (!step)
            return err_nomem(e);
        *step_load(step) = (struct load){ "xen-pciback", PCIBACK };
    }
    step = plan_add(plan, STEP_TAKE, bdf);
    if (!step)
        return err_nomem(e);
    *step_move(step) = (struct move){
        .keeper = PCIBACK, .before = fn->driver, .native = fn->driver, .group = -1,
    };
    return 0;
}

static int plan_taken(const struct facts *f, const struct fn_facts *fn, struct plan *plan,
                      struct err *e)
{
    struct step *step = plan_add(plan, STEP_TAKE, fn->bdf);

    if (!step)
        return err_nomem(e);
    step->status = STEP_ALREADY;
    step_say(step, "already in pciback%s%s",
             fn->owner ? ", attached to " : "",
             fn->owner ? domain_label(f->domains, f->n_domains, fn->owner->domid).s : "");
    return 0;
}

int decide_take(const struct facts *f, const struct bdf *bdfs, size_t n, unsigned allow,
                const struct vf_settings *vf, struct plan *plan, struct err *e)
{
    const struct vf_settings none = { .has = 0 };
    int r = 0;

    for (size_t i = 0; r >= 0 && i < n; i++) {
        const struct fn_facts *fn = facts_fn(f, bdfs[i]);

        if (strcmp(fn->driver.driver, PCIBACK)) {
            r = check_available(f, fn, e);
            if (!r)
                r = plan_take(f, bdfs[i], allow, plan, e);
        } else {
            r = plan_taken(f, fn, plan, e);
        }
        if (!r)
            r = plan_configure(fn, vf ? &vf[i] : &none, NULL, plan, e);
    }
    return r < 0 ? r : 0;
}

int plan_return(const struct fn_facts *fn, const struct driver_state *native, bool rebind,
                unsigned allow, struct plan *plan, struct err *e)
{
    struct step *step;
    int r = check_vf_guests(fn->bdf, fn->holders, fn->n_holders, e);

    if (r)
        return r;
    if (fn->boot_hidden && !(allow & ALLOW_BOOT_HIDDEN))
        return refuse_boot_hidden(fn->bdf, e);
    step = plan_add(plan, STEP_RETURN, fn->bdf);
    if (!step)
        return err_nomem(e);
    *step_move(step) = (struct move){
        .before = fn->driver, .native = *native, .unbound = !rebind, .group = -1,
    };
    return 0;
}

int decide_return(const struct facts *f, const struct bdf *bdfs, size_t n, bool rebind,
                  const struct driver_state *natives, unsigned allow, struct plan *plan,
                  struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct fn_facts *fn = facts_fn(f, bdfs[i]);
        struct step *step;
        int r;

        if (!strcmp(fn->driver.driver, PCIBACK)) {
            r = check_available(f, fn, e);
            if (!r && rebind)
                r = plan_put_back(fn, true, &step, plan, e);
            if (!r)
                r = plan_return(fn, &natives[i], rebind, allow, plan, e);
            if (r)
                return r;
            continue;
        }
        step = plan_add(plan, STEP_RETURN, bdfs[i]);
        if (!step)
            return err_nomem(e);
        step->status = STEP_ALREADY;
        step_say(step, "already out of pciback, with %s%s",
                 *fn->driver.driver ? "driver " : "no driver", fn->driver.driver);
    }
    return 0;
}
