/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects the interrupts of a guest with PV drivers when devices come and go.
 *
 * If the guest's kernel takes interrupts through pirqs (hv_pirqs()), libxl and QEMU map a
 * device's host IRQ onto the pirq of the same number.  QEMU unmaps that pirq at the removal, and
 * Xen then drops the guest's own binding, often its ACPI interrupt.  The guest no longer hears of
 * hot-plug events.
 */
#ifndef XVTD_INTERRUPT_H
#define XVTD_INTERRUPT_H

#include "base/root.h"
#include "hv/hv.h"

/*
 * Before an attach to one domain.  A function with GUEST_IRQ_APART becomes GUEST_IRQ_PLAIN if the
 * guest does not use its IRQ, or if the IRQ is already mapped.  Holds the IRQs of the others.
 * Errors: XV_CANNOT.
 */
int interrupt_apart(const struct root *root, struct hv *hv, uint32_t domid,
                    struct guest_pci *pci, size_t n, struct err *e);

/* After the attach, or to end what a killed command left: releases the function's held IRQ. */
int interrupt_release(const struct root *root, struct hv *hv, uint32_t domid, struct bdf bdf,
                      struct err *e);

/*
 * Before an attach to an HVM domain: clears mapped interrupt lines whose devices have all left
 * the domain.  If a line cannot be cleared, libxl's attach reports it.
 */
void interrupt_clear(const struct root *root, struct hv *hv, const struct guest_pci *pci, size_t n);

enum heard {
    HEARD,          /* the guest has taken the event, or takes events in another way */
    HEARD_WOKEN,    /* only after a wake-up: its ACPI interrupt is gone */
    HEARD_NOT,      /* not in time */
};

/* What is known of a guest between two events. */
struct ear {
    struct hv *hv;
    const struct hv_domain *dom;
    struct hv_pirqs pirqs;  /* none: the guest needs no protection */
};

/* Looks at the guest.  An unreadable or paused guest counts as one without pirqs. */
void ear_open(struct ear *ear, struct hv *hv, const struct hv_domain *dom);

/*
 * Waits until the guest has taken QEMU's last hot-plug event, or until `deadline`
 * (stop_now_ms()).  Two events that overlap can become one: for an interrupt below 16 Xen sends
 * no second notification while the line is asserted (physdev.c, PHYSDEVOP_eoi).
 */
enum heard ear_wait(const struct ear *ear, long long deadline);

/*
 * Sends the guest an event on each interrupt that it listens to.  Returns how many of these Xen
 * no longer delivers.
 */
size_t ear_lost(const struct ear *ear);

/* Messages: the guest had to be woken; a removal has taken an interrupt. */
#define INTERRUPT_LOST \
    "the guest has lost its ACPI interrupt: until it reboots, only xvtd can attach and detach"
#define INTERRUPT_TAKEN \
    "its IRQ was not kept apart, so the guest has lost an interrupt until it reboots"

#endif
