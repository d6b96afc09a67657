/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of a guest with PV drivers, while devices come and go.
 *
 * Where its kernel takes them through pirqs (hv_pirqs()), libxl and QEMU map a device's host
 * IRQ onto the pirq of the same number, and QEMU unmaps it at the removal; Xen then forgets
 * what the guest had there, often its ACPI interrupt: it hears of no hot-plug any more.
 */
#ifndef XVTD_INTERRUPT_H
#define XVTD_INTERRUPT_H

#include "base/root.h"
#include "hv/hv.h"

/*
 * Before an attach to one domain: those with GUEST_IRQ_APART whose IRQ the guest does not use,
 * or has as it is already, become GUEST_IRQ_PLAIN; the IRQs of the others are held.
 * Errors: XV_CANNOT.
 */
int interrupt_apart(const struct root *root, struct hv *hv, uint32_t domid,
                    struct guest_pci *pci, size_t n, struct err *e);

/* After it, or to end what a killed one left: the function's IRQ is held no longer. */
int interrupt_release(const struct root *root, struct hv *hv, uint32_t domid, struct bdf bdf,
                      struct err *e);

/*
 * Before an attach to an HVM domain: what is left of interrupt lines whose devices have all left
 * it.  A line that cannot be cleared is libxl's to complain about.
 */
void interrupt_clear(const struct root *root, struct hv *hv, const struct guest_pci *pci, size_t n);

enum heard {
    HEARD,          /* the guest has taken the event, or takes events otherwise */
    HEARD_WOKEN,    /* only when it was woken: its ACPI interrupt is gone */
    HEARD_NOT,      /* not in time */
};

/* What to know of a guest between one event and the next. */
struct ear {
    struct hv *hv;
    const struct hv_domain *dom;
    struct hv_pirqs pirqs;  /* none: nothing here concerns it */
};

/*
 * Looks at the guest; one that cannot be looked at, or is paused and so hears nothing anyway,
 * is taken for one without pirqs.
 */
void ear_open(struct ear *ear, struct hv *hv, const struct hv_domain *dom);

/*
 * Waits until the guest has taken QEMU's last hot-plug event, at most until a time of
 * stop_now_ms().  Two that overlap can become one: for an interrupt below 16 Xen sends no
 * second notification while the line is asserted (physdev.c, PHYSDEVOP_eoi).
 */
enum heard ear_wait(const struct ear *ear, long long deadline);

/*
 * How many interrupts Xen delivers no more of those that the guest listens to.  It is sent an
 * event on each.
 */
size_t ear_lost(const struct ear *ear);

/* What a person should know of a guest that was woken, and of a removal that took something. */
#define INTERRUPT_LOST \
    "the guest has lost its ACPI interrupt: until it reboots, only xvtd can attach and detach"
#define INTERRUPT_TAKEN \
    "its IRQ was not kept apart, so the guest has lost an interrupt until it reboots"

#endif
