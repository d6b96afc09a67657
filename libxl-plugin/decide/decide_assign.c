/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/decide.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "decide/decide_common.h"
#include "decide/decide_irq.h"
#include "session/domain.h"

#define BUS_SLOTS 32

/* The guest slots that are taken, now or by this plan. */
struct slots {
    bool taken[BUS_SLOTS];
    bool known;
};

int refuse_host(struct err *e)
{
    int r = err_set(e, XV_CANNOT, EOPNOTSUPP,
                    "this host cannot pass devices through: Xen has no IOMMU "
                    "(`xl info` lacks hvm_directio)");

    err_hint(e, "switch VT-d or AMD-Vi on in the firmware, and see `xl dmesg | grep -i "
                "virtualisation`");
    return r;
}

/*
 * Xen frees what it knows of a function that leaves the host, but not what the guest has of it.
 * Xen 4.17 panicked in the lab when such a guest accessed the MSI-X table of its next device
 * (xen/arch/x86/hvm/vmsi.c, msixtbl_addr_to_desc()), and when it was destroyed
 * (xen/arch/x86/irq.c, __pirq_guest_unbind()).
 */
static int refuse_lost_one(const struct facts *f, struct err *e)
{
    int r = err_on(e, XV_CANNOT, EOWNERDEAD, f->dom->name, "a device left the host while this guest "
                   "had it: Xen can crash when the guest gets another one, and when the guest ends");

    err_kind(e, "lost");
    err_hint(e, "migrate or shut down the other guests, then reboot the host");
    return r;
}

int decide_environment(const struct facts *f, struct err *e)
{
    int r = domain_attachable(f->dom, e);

    if (r)
        return r;
    if (!f->host.hvm_passthrough)
        return refuse_host(e);
    if (!f->iommu) {
        r = err_on(e, XV_CANNOT, EOPNOTSUPP, f->dom->name,
                   "it was created without an IOMMU, and a running domain cannot get one");
        err_kind(e, "no-iommu");
        err_hint(e, "put passthrough = \"enabled\" into its cfg and create it anew");
        return r;
    }
    return f->lost ? refuse_lost_one(f, e) : 0;
}

static int check_slot(const struct facts *f, const struct slots *slots, struct bdf bdf,
                      unsigned vslot, struct err *e)
{
    const struct hv_slot *there = bus_find_slot(f->bus, f->n_bus, vslot);
    int r;

    if (!slots->taken[vslot])
        return 0;
    if (!there)
        return err_on(e, XV_USAGE, EINVAL, BDF_STR(bdf), "slot 0x%02x is requested twice", vslot);
    if (there->passthrough)
        r = err_on(e, XV_REFUSED, EEXIST, BDF_STR(bdf), "slot 0x%02x of '%s' is taken by %s", vslot,
                   f->dom->name, BDF_STR(there->host));
    else
        r = err_on(e, XV_REFUSED, EEXIST, BDF_STR(bdf),
                   "slot 0x%02x of '%s' is taken by an emulated device (%s)", vslot, f->dom->name,
                   there->what);
    err_kind(e, "slot-taken");
    err_hint(e, "leave the slot out for automatic placement, or name a free one: `xvtd pci-list "
             "%s` shows the used ones", DOMAIN_ARG(f->dom));
    return r;
}

/* The lowest free slot, or 0. */
static unsigned free_slot(const struct slots *slots)
{
    for (unsigned s = 1; s < BUS_SLOTS; s++)
        if (!slots->taken[s])
            return s;
    return 0;
}

static int place(const struct facts *f, struct slots *slots, struct bdf bdf, unsigned vslot,
                 unsigned *ret, struct err *e)
{
    if (vslot) {
        int r = check_slot(f, slots, bdf, vslot, e);

        if (r)
            return r;
    } else if (slots->known) {
        vslot = free_slot(slots);
        if (!vslot)
            return err_on(e, XV_REFUSED, ENOSPC, BDF_STR(bdf), "'%s' has no free slot",
                          f->dom->name);
    }
    if (vslot)
        slots->taken[vslot] = true;
    *ret = vslot;
    return 0;
}

/* Returns 1 if the domain has the function already, as asked; 0 if it has not. */
static int already_there(const struct facts *f, const struct fn_facts *fn, unsigned vslot,
                         struct err *e)
{
    int r;

    if (!fn->owner || fn->owner->domid != f->dom->domid)
        return 0;
    r = check_lost(f, fn, e);
    if (r)
        return r;
    if (f->bus_known && !bus_find_host(f->bus, f->n_bus, fn->bdf)) {
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf),
                   "'%s' has released it, but libxl's records still list it", f->dom->name);
        err_hint(e, "xvtd detach %s %s", DOMAIN_ARG(f->dom), BDF_STR(fn->bdf));
        return r;
    }
    if (vslot && fn->owner->vslot != vslot) {
        r = err_on(e, XV_REFUSED, EEXIST, BDF_STR(fn->bdf), "'%s' has it already, at slot 0x%02x",
                   f->dom->name, fn->owner->vslot);
        err_hint(e, "to move it: xvtd detach %s %s, then assign it again", DOMAIN_ARG(f->dom),
                 BDF_STR(fn->bdf));
        return r;
    }
    return 1;
}

/*
 * QEMU's ID lacks the segment, so QEMU refuses a second device of the same bus, slot and
 * function.
 */
static int check_twin(const struct facts *f, struct bdf bdf, struct err *e)
{
    for (size_t i = 0; i < f->n_assigned; i++) {
        struct bdf other = f->assigned[i].bdf;
        int r;

        if (f->assigned[i].domid != f->dom->domid || other.segment == bdf.segment)
            continue;
        other.segment = bdf.segment;
        if (!bdf_equal(other, bdf))
            continue;
        r = err_on(e, XV_CANNOT, ENOTUNIQ, BDF_STR(bdf), "'%s' has %s, and a device model cannot "
                   "distinguish devices that differ only in the segment", f->dom->name,
                   BDF_STR(f->assigned[i].bdf));
        err_kind(e, "segment");
        err_hint(e, "give it to another guest, or detach %s first",
                 BDF_STR(f->assigned[i].bdf));
        return r;
    }
    return 0;
}

static const struct vf_settings *settings_of(const struct assign_request *request, struct bdf bdf)
{
    return request->what.all ? &request->vf[bdf.func & 7u] : &request->options.vf;
}

/* The step that attaches the function, or says that it is attached already. */
static int plan_attach(const struct facts *f, const struct fn_facts *fn,
                       const struct assign_request *request, unsigned vslot, unsigned vfunc,
                       struct plan *attach, struct err *e)
{
    struct guest_pci pci = request->options;
    int r = decide_irq(f, fn, pci.irq, &pci.irq, e);

    if (r)
        return r;
    pci.bdf = fn->bdf;
    pci.vslot = vslot;
    pci.vfunc = vfunc;
    pci.vf = *settings_of(request, fn->bdf);
    return plan_guest(attach, STEP_ATTACH, f->dom, &pci) ? 0 : err_nomem(e);
}

static int plan_already(const struct facts *f, const struct fn_facts *fn,
                        const struct assign_request *request, struct plan *attach, struct err *e)
{
    struct step *step = plan_guest(attach, STEP_ATTACH, f->dom, fn->owner);

    if (!step)
        return err_nomem(e);
    step_guest(step)->pci.vf = *settings_of(request, fn->bdf);
    step->status = STEP_ALREADY;
    step_say(step, "already attached to %s", f->dom->name);
    return 0;
}

/* Refuses `BB:SS.*` with a slot if QEMU does not allow a second function in it. */
static int refuse_multifunction(const struct facts *f, const struct assign_request *request,
                                struct err *e)
{
    char bdf[BDF_TEXT_MAX];
    int r;

    snprintf(bdf, sizeof(bdf), "%s", BDF_STR(request->what.bdf));
    bdf[strlen(bdf) - 1] = '*';
    r = err_on(e, XV_CANNOT, EOPNOTSUPP, bdf,
               "several functions in slot 0x%02x: QEMU of '%s' is not set to allow that",
               request->vslot, f->dom->name);
    err_kind(e, "multifunction");
    err_hint(e, "put device_model_args = [ \"-global\", \"xen-pci-passthrough.multifunction=on\" ] "
             "into its cfg and create it anew; or leave the slot out: each function then gets its "
             "own");
    return r;
}

/* The functions that an operand names, ascending; at most eight. */
static size_t select_fns(const struct facts *f, struct bdf_pattern what,
                         const struct fn_facts *ret[8])
{
    size_t n = 0;

    for (unsigned func = 0; func < 8; func++)
        for (size_t i = 0; i < f->n_fns; i++)
            if (f->fns[i].bdf.func == func && (what.all || func == what.bdf.func) &&
                bdf_same_slot(f->fns[i].bdf, what.bdf)) {
                ret[n++] = &f->fns[i];
                break;
            }
    return n;
}

static size_t count_there(const struct facts *f, const struct fn_facts *const *fns, size_t n)
{
    size_t there = 0;

    for (size_t i = 0; i < n; i++)
        there += fns[i]->owner && fns[i]->owner->domid == f->dom->domid;
    return there;
}

/* Adds the attach steps of one operand. */
static int plan_request(const struct facts *f, const struct assign_request *request,
                        struct slots *slots, struct plan *attach, struct err *e)
{
    const struct fn_facts *fns[8];
    size_t n = select_fns(f, request->what, fns), there = count_there(f, fns, n);
    bool together = n > 1 && f->config.multifunction;
    unsigned vslot = 0;

    if (n > 1 && request->vslot && !together)
        return refuse_multifunction(f, request, e);
    if (together && there && there < n)
        return err_on(e, XV_REFUSED, EBUSY, BDF_STR(fns[0]->bdf), "'%s' already has some functions "
                      "of this slot, and a slot is attached and released as a whole", f->dom->name);

    for (size_t k = 0; k < n; k++) {
        /* Puts function 0 last in a slot: QEMU announces the slot to the guest with it. */
        const struct fn_facts *fn = fns[together ? n - 1 - k : k];
        int r = already_there(f, fn, request->vslot, e);

        if (r < 0)
            return r;
        if (r) {
            r = plan_already(f, fn, request, attach, e);
        } else {
            r = check_available(f, fn, e);
            if (!r)
                r = check_link(fn, e);
            if (!r)
                r = check_libvirt(f, fn, e);
            if (!r)
                r = check_twin(f, fn->bdf, e);
            if (!r)
                r = check_firmware(f, fn->bdf, request->options.rdm_policy, e);
            if (!r && (!together || !vslot))
                r = place(f, slots, fn->bdf, request->vslot, &vslot, e);
            if (!r)
                r = plan_attach(f, fn, request, vslot, together ? fn->bdf.func : 0, attach, e);
        }
        if (r)
            return r;
    }
    return 0;
}

/* Adds the settings of the functions that the guest has already, or of the others. */
static int plan_settings(const struct facts *f, const struct plan *attach, bool already,
                         struct plan *plan, struct err *e)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < attach->n; i++)
        if ((attach->steps[i].status == STEP_ALREADY) == already)
            r = plan_configure(facts_fn(f, attach->steps[i].bdf),
                               &step_guest(&attach->steps[i])->pci.vf, f->dom, plan, e);
    return r < 0 ? r : 0;
}

int decide_assign(const struct facts *f, const struct assign_request *requests, size_t n,
                  unsigned allow, struct plan *plan, struct plan_notes *notes,
                  struct err *e)
{
    struct slots slots = { .known = f->bus_known };
    struct plan attach = { NULL, 0 };
    int r;

    r = decide_environment(f, e);
    for (size_t i = 0; i < f->n_bus; i++)
        slots.taken[f->bus[i].slot % BUS_SLOTS] = true;
    /* Places requests with a slot first, so that no automatic one takes their slots. */
    for (int automatic = 0; automatic < 2; automatic++)
        for (size_t i = 0; !r && i < n; i++)
            if ((requests[i].vslot == 0) == automatic)
                r = plan_request(f, &requests[i], &slots, &attach, e);
    if (!r)
        r = check_groups(f, &attach, allow, notes, e);
    if (!r)
        r = note_irqs(f, &attach, notes, e);
    if (!r)
        r = note_graphics(f, &attach, notes, e);
    for (size_t i = 0; !r && i < attach.n; i++)
        if (attach.steps[i].status != STEP_ALREADY)
            r = plan_take(f, attach.steps[i].bdf, allow, plan, e);
    /* Before the attach: the guest's driver reads its MAC address once. */
    if (!r)
        r = plan_settings(f, &attach, false, plan, e);
    for (size_t i = 0; !r && i < attach.n; i++) {
        step_guest(&attach.steps[i])->allow = allow & ALLOW_CARRIED;
        r = plan_copy(plan, &attach.steps[i], e);
    }
    /* The report tells a function's last step. */
    if (!r)
        r = plan_settings(f, &attach, true, plan, e);
    plan_clear(&attach);
    return r;
}
