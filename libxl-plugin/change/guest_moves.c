/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps in a guest: attach, detach, clear. */
#include "change/guest_steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/text.h"
#include "change/interrupt.h"
#include "change/unplug.h"
#include "decide/cause.h"
#include "decide/facts.h"
#include "driver/allow.h"
#include "driver/giveback.h"
#include "driver/history.h"
#include "engine/host_steps.h"
#include "session/domain.h"

/* During a rollback, wait no longer for a guest that does not release a device. */
#define ROLLBACK_MS 10000

/* A guest that takes hot-plug events does so in a fraction of this. */
#define HEARD_MS 5000

static const struct hv_domain *step_dom(const struct apply *a, const struct step *step)
{
    return domain_by_id(a->guest->domains, a->guest->n_domains, step_guest(step)->pci.domid);
}

/* The state in xenstore, QEMU and sysfs after an attach to one domain. */
struct attached {
    const struct hv_domain *dom;
    struct guest_pci *assigned;
    size_t n_assigned;
    struct hv_slot *bus;
    size_t n_bus;
    bool bus_known;
};

static int look_attached(const struct apply *a, const struct hv_domain *dom, struct attached *is,
                         struct err *e)
{
    int r;

    *is = (struct attached){ .dom = dom };
    r = hv_assigned_to(a->guest->hv, dom->domid, &is->assigned, &is->n_assigned, e);
    if (r)
        return r;
    r = hv_bus(a->guest->hv, dom, &is->bus, &is->n_bus, e);
    is->bus_known = r == 0;
    return r == -EOPNOTSUPP ? 0 : r;
}

static void attached_clear(struct attached *is)
{
    free(is->assigned);
    free(is->bus);
}

/* Is the function where the plan said, in xenstore, in QEMU and in pciback? */
static int verify_attached(const struct apply *a, const struct attached *is, struct step *step,
                           struct err *e)
{
    const struct guest_pci *want = &step_guest(step)->pci;
    const struct guest_pci *entry = guest_pci_find(is->assigned, is->n_assigned, want->bdf);
    const char *dom = is->dom->name;
    const struct hv_slot *slot;
    struct driver_state driver;
    int r;

    if (!entry)
        return err_on(e, XV_FAILED, EIO, BDF_STR(want->bdf),
                      "libxl reported success, but xenstore does not list it in '%s'", dom);
    r = driver_look(a->root, want->bdf, &driver, e);
    if (r)
        return r;
    if (strcmp(driver.driver, PCIBACK))
        return err_on(e, XV_FAILED, EIO, BDF_STR(want->bdf),
                      "libxl reported success, but driver '%s' has it, not pciback", driver.driver);
    if (!is->bus_known) {
        step_say(step, "not verified in the device model: it runs in domain %u",
                 is->dom->stub_domid);
        step_guest(step)->pci.vslot = entry->vslot;
        return 0;
    }
    slot = bus_find_host(is->bus, is->n_bus, want->bdf);
    if (!slot)
        return err_on(e, XV_FAILED, EIO, BDF_STR(want->bdf),
                      "libxl reported success, but the device model of '%s' does not have it", dom);
    if ((want->vslot && (slot->slot != want->vslot || slot->func != want->vfunc)) ||
        slot->slot != entry->vslot || slot->func != entry->vfunc)
        return err_on(e, XV_FAILED, EIO, BDF_STR(want->bdf),
                      "asked for slot 0x%02x.%u of '%s', but it is at 0x%02x.%u", want->vslot,
                      want->vfunc, dom, slot->slot, slot->func);
    step_guest(step)->pci.vslot = slot->slot;
    return 0;
}

/*
 * Stores the overrides (--allow) with the device, so that eject can put them into the manifest.
 * Without a record, `restore` makes those checks again.
 */
static void record_allow(const struct apply *a, const struct step *step)
{
    char words[ALLOW_TEXT_MAX];
    struct err ignored;

    allow_format(step->kind == STEP_ATTACH ? step_guest(step)->allow : 0, words);
    record_set(a->records, step->bdf, "allow", *words ? words : NULL, &ignored);
}

/* Forgets a device that left the host; the guest that had it gets no other one (decide_assign.c). */
static int forget_lost(const struct apply *a, const struct step *step, const struct hv_domain *dom,
                       struct err *e)
{
    int r = history_note_lost(a->root, dom->domid, dom->uuid, e);

    return r ? r : forget_device(a->root, a->records, step->bdf, e);
}

/*
 * The next owner's command reads here that this guest had it, and which device it was.  No record
 * counts as "had it".
 */
static void note_guest(const struct apply *a, const struct step *step, const struct hv_domain *dom)
{
    struct err ignored;

    if (dom && !history_note(a->root, step->bdf, dom->uuid, &ignored))
        history_identify(a->root, step->bdf, &ignored);
}

/* A leftover record of a dead domain makes libxl refuse the device as assigned. */
static int clear_dead(const struct apply *a, struct bdf bdf, struct err *e)
{
    AUTO_FREE char *domid = NULL;
    uint32_t owner;
    int r = record_get(a->records, bdf, "domid", &domid, e);

    if (r || !domid)
        return r;
    owner = (uint32_t)strtoul(domid, NULL, 10);
    if (domain_by_id(a->guest->domains, a->guest->n_domains, owner))
        return 0; /* libxl says if xl is the reason */
    r = hv_bury(a->guest->hv, owner, e);
    return r ? r : record_set(a->records, bdf, "domid", NULL, e);
}

/*
 * Attaches all at once.  If the guest's ACPI interrupt is a pirq, attaches one after the other,
 * each after the guest has taken the last event.
 */
static int attach_them(const struct apply *a, struct step *const *steps,
                       const struct guest_pci *pci, size_t n, int *rcs, struct err *e)
{
    const struct hv_domain *dom = step_dom(a, steps[0]);
    struct ear ear;

    ear_open(&ear, a->guest->hv, dom);
    if (n > 1 && !ear.pirqs.n)
        return hv_attach_all(a->guest->hv, dom->domid, pci, n, rcs, e);
    for (size_t i = 0; i < n; i++) {
        enum heard heard = HEARD;

        rcs[i] = hv_attach(a->guest->hv, dom->domid, &pci[i], e);
        if (!rcs[i])
            heard = ear_wait(&ear, stop_now_ms() + HEARD_MS);
        if (heard == HEARD_WOKEN)
            step_say(steps[i], INTERRUPT_LOST);
        else if (heard == HEARD_NOT)
            step_say(steps[i], "the guest has not noticed it yet");
    }
    return 0;
}

/* Attaches, while the IRQs that must stay apart are held. */
static int attach_apart(const struct apply *a, struct step *const *steps, struct guest_pci *pci,
                        size_t n, int *rcs, struct err *e)
{
    struct err ignored;
    int r = interrupt_apart(a->root, a->guest->hv, pci->domid, pci, n, e);

    if (!r)
        r = attach_them(a, steps, pci, n, rcs, e);
    for (size_t i = 0; i < n; i++)
        if (pci[i].irq == GUEST_IRQ_APART)
            interrupt_release(a->root, a->guest->hv, pci[i].domid, pci[i].bdf, &ignored);
    return r;
}

/*
 * Checks that all functions still have no owner.  One list answers for all: between single
 * questions another program could take the first function.
 */
static int all_free(const struct apply *a, const struct guest_pci *pci, size_t n, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    size_t n_assigned = 0;
    int r;

    if (n == 1)
        return step_still_free(a, pci->bdf, e);
    r = hv_assigned(a->guest->hv, &assigned, &n_assigned, e);
    for (size_t i = 0; !r && i < n; i++) {
        const struct guest_pci *owner = guest_pci_find(assigned, n_assigned, pci[i].bdf);

        if (owner)
            r = step_taken(pci[i].bdf, owner, e);
    }
    return r;
}

/* libxl's part, for functions that still have no owner; rcs[i] is the result of each. */
static int attach_free(const struct apply *a, struct step *const *steps, size_t n, int *rcs,
                       struct err *e)
{
    AUTO_FREE struct guest_pci *pci = calloc(n, sizeof(*pci));
    int r = pci ? 0 : err_nomem(e);

    for (size_t i = 0; !r && i < n; i++) {
        pci[i] = step_guest(steps[i])->pci;
        r = clear_dead(a, steps[i]->bdf, e);
    }
    if (!r && step_dom(a, steps[0])->type == HV_HVM)
        interrupt_clear(a->root, a->guest->hv, pci, n);
    if (!r)
        r = all_free(a, pci, n, e);
    return r ? r : attach_apart(a, steps, pci, n, rcs, e);
}

int attach_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    CLEANUP(attached_clear) struct attached is = { .n_bus = 0 };
    AUTO_FREE int *rcs = calloc(n, sizeof(*rcs));
    bool looked = false;
    struct err one;
    int r = rcs ? attach_free(a, steps, n, rcs, &one) : err_nomem(&one), result;

    if (r) {
        *e = one;
        return r;
    }
    result = 0;
    for (size_t i = 0; i < n; i++) {
        if (rcs[i]) {
            r = rcs[i];
            cause_explain(&one);
        } else {
            r = looked ? 0 : look_attached(a, step_dom(a, steps[i]), &is, &one);
            looked = true;
            if (!r)
                r = verify_attached(a, &is, steps[i], &one);
        }
        if (r) {
            steps[i]->status = STEP_FAILED;
            step_say_err(steps[i], &one);
            if (!result)
                *e = one;
            result = r;
            continue;
        }
        steps[i]->status = STEP_DONE;
        record_allow(a, steps[i]);
        note_guest(a, steps[i], step_dom(a, steps[i]));
    }
    return result;
}

/*
 * A failed libxl_device_pci_add() deletes the record of the owner even when another guest is the
 * owner.  Restore it: else xl lists the function as free, or as taken without an owner.
 */
int step_mend_owner(const struct apply *a, struct bdf bdf, struct err *e)
{
    AUTO_FREE struct guest_pci *owner = NULL;
    char domid[16];
    int r = a->owner(a, bdf, &owner, e);

    if (r)
        return r;
    snprintf(domid, sizeof(domid), "%u", owner ? owner->domid : 0);
    return record_set(a->records, bdf, "domid", owner ? domid : NULL, e);
}

static int take_out(const struct apply *a, struct step *step, unsigned timeout_ms, struct err *e)
{
    const struct hv_domain *dom = step_dom(a, step);
    struct unplug fn = { .pci = step_guest(step)->pci };
    int r;

    r = unplug(a->guest->hv, dom, &fn, 1, timeout_ms, false, e);
    if (!r && fn.state != UNPLUG_GONE) {
        r = err_on(e, XV_INCOMPLETE, EBUSY, BDF_STR(step->bdf), "'%s' has not released it",
                   dom->name);
        err_hint(e, "xvtd detach %s %s%s", DOMAIN_ARG(dom), BDF_STR(step->bdf),
                 step_guest(step)->lost ? "" : " --return");
    }
    if (!r) {
        struct guest_pci *owner = NULL;

        r = a->owner(a, step->bdf, &owner, e);
        if (!r && !owner)
            hv_release(a->guest->hv, step_guest(step)->pci.domid, step->bdf);
        free(owner);
    }
    if (!r && dom->type == HV_HVM)
        r = interrupt_release(a->root, a->guest->hv, dom->domid, step->bdf, e);
    if (!r)
        r = step_mend_owner(a, step->bdf, e);
    return r || !step_guest(step)->lost ? r : forget_lost(a, step, dom, e);
}

int attach_undo(const struct apply *a, struct step *step, struct err *e)
{
    return take_out(a, step, ROLLBACK_MS, e);
}

static void tell_unplugged(const struct apply *a, const struct hv_domain *dom,
                           const struct unplug *fn, struct step *step)
{
    struct err ignored;

    switch (fn->state) {
    case UNPLUG_GONE:
        step->status = STEP_DONE;
        if (fn->woken || fn->took)
            step_say(step, "%s", fn->woken ? INTERRUPT_LOST : INTERRUPT_TAKEN);
        if (step_guest(step)->lost) {
            forget_lost(a, step, dom, &ignored);
            break;
        }
        record_allow(a, step);
        note_guest(a, step, dom);
        break;
    case UNPLUG_ATTACHED:
        step->status = STEP_PENDING;
        step_say(step, "'%s' has not acknowledged the removal; the request is still pending",
                 dom->name);
        break;
    case UNPLUG_HELD:
        step->status = STEP_PENDING;
        step_say(step, "Xen took it from '%s', but its device model still has it", dom->name);
        break;
    case UNPLUG_STALE:
        step->status = STEP_FAILED;
        step_say(step, "'%s' has released it, but libxl's records could not be cleared%s%s",
                 dom->name, *fn->message ? ": " : "", fn->message);
        break;
    }
}

/*
 * A device model that keeps a lost device keeps its memory mapped into the guest, where the next
 * device in the slot gets its memory.  The guest's entry in xenstore keeps that one from others.
 */
static bool any_lost(struct step *const *steps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (step_guest(steps[i])->lost)
            return true;
    return false;
}

int detach_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    const struct hv_domain *dom = step_dom(a, steps[0]);
    AUTO_FREE struct unplug *fns = calloc(n, sizeof(*fns));
    const struct step *left = NULL;
    int r;

    if (!fns)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++)
        fns[i].pci = step_guest(steps[i])->pci;
    r = unplug(a->guest->hv, dom, fns, n, a->guest->timeout_ms,
               a->guest->force && !any_lost(steps, n), e);
    if (r)
        return r;
    for (size_t i = 0; i < n; i++) {
        tell_unplugged(a, dom, &fns[i], steps[i]);
        if (steps[i]->status != STEP_DONE && !left)
            left = steps[i];
    }
    if (!left)
        return 0;
    r = err_on(e, XV_INCOMPLETE, ETIMEDOUT, BDF_STR(left->bdf), "%s", left->message);
    err_kind(e, "pending");
    if (dom->paused)
        err_hint(e, "'%s' is paused: run `xl unpause %s`, then the same detach again", dom->name,
                 DOMAIN_XL_ARG(dom));
    else if (a->guest->force || any_lost(steps, n))
        err_hint(e, "no other guest and no driver gets it until the guest releases it or shuts "
                 "down; run the same detach again to check");
    else
        err_hint(e, "the guest may release it later: run the same detach again to check; --force "
                 "takes the device away without the guest's consent");
    return r;
}

/*
 * Attaches the device again to the guest that it was taken from.  If the guest still has it, the
 * guest has not released it: there is nothing to do.
 */
int detach_undo(const struct apply *a, struct step *step, struct err *e)
{
    const struct hv_domain *dom = step_dom(a, step);
    CLEANUP(attached_clear) struct attached is = { .n_bus = 0 };
    struct unplug fn = { .pci = step_guest(step)->pci };
    struct guest_pci pci = fn.pci;
    int r, rc = 0;

    if (!dom)
        return err_on(e, XV_INCOMPLETE, ENOENT, BDF_STR(step->bdf),
                      "its former guest no longer exists");
    r = unplug_tidy(a->guest->hv, dom, &fn, e);
    if (!r && fn.state == UNPLUG_ATTACHED)
        return 0;
    if (!r && fn.state != UNPLUG_GONE)
        return err_on(e, XV_INCOMPLETE, EBUSY, BDF_STR(step->bdf),
                      "'%s' has released it only in part", dom->name);
    if (!r)
        r = step_still_free(a, step->bdf, e);
    pci.irq = GUEST_IRQ_APART;
    if (!r)
        r = attach_apart(a, &step, &pci, 1, &rc, e);
    if (r || rc) {
        r = r ? r : rc;
        cause_explain(e);
        return r;
    }
    r = look_attached(a, dom, &is, e);
    return r ? r : verify_attached(a, &is, step, e);
}

/* Chooses by the state: a dead domain's entry, a slot in a QEMU, or libxl's record. */
int clear_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    struct step *step = steps[0];
    const struct hv_domain *dom = step_dom(a, step);
    int r;

    (void)n;
    if (!dom) {
        r = hv_bury(a->guest->hv, step_guest(step)->pci.domid, e);
        if (!r)
            r = step_mend_owner(a, step->bdf, e);
    } else {
        r = take_out(a, step, a->guest->timeout_ms, e);
    }
    if (r)
        return r;
    step->status = STEP_DONE;
    step_say(step, "cleared its leftovers in %s", step_guest(step)->guest);
    return 0;
}
