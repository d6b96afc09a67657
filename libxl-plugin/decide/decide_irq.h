/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interrupts of a guest a device could take away, and how to prevent it.  Pure. */
#ifndef XVTD_DECIDE_IRQ_H
#define XVTD_DECIDE_IRQ_H

#include "decide/decide.h"

/*
 * Does the guest have a pirq of this host IRQ's number for an emulated device? Xen gives out such
 * pirqs from 16 upward (get_free_pirq()), so a pirq below a bound one is the guest's too, bound
 * or not.
 */
bool irq_collides(const struct hv_pirqs *pirqs, unsigned irq);

/*
 * How to map a function's host IRQ at an attach to facts->dom.  asked: AUTO or PLAIN.  Errors:
 * XV_REFUSED if its removal would take an interrupt from the guest and nothing prevents that.
 */
int decide_irq(const struct facts *f, const struct fn_facts *fn, enum guest_irq asked,
               enum guest_irq *ret, struct err *e);

/* Notes which functions of the plan have to work without INTx in the guest. */
int note_irqs(const struct facts *f, const struct plan *attach, struct plan_notes *notes,
              struct err *e);

#endif
