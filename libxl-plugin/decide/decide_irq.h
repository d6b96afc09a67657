/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interrupts of a guest a device could take from it, and what to do about it.  Pure. */
#ifndef XVTD_DECIDE_IRQ_H
#define XVTD_DECIDE_IRQ_H

#include "decide/decide.h"

/*
 * Is the number of this host IRQ that of a pirq which the guest has for an emulated device?
 * Xen hands those out from 16 upward (get_free_pirq()), so one below a bound one is the
 * guest's too, bound or not.
 */
bool irq_collides(const struct hv_pirqs *pirqs, unsigned irq);

/*
 * How a function's host IRQ is to be mapped when it is attached to facts->dom.
 * asked: AUTO or PLAIN.  Errors: XV_REFUSED, where its removal would take an interrupt from
 * the guest and nothing prevents that.
 */
int decide_irq(const struct facts *f, const struct fn_facts *fn, enum guest_irq asked,
               enum guest_irq *ret, struct err *e);

/* Notes what a driver in the guest has to do without, for those that are to be attached. */
int note_irqs(const struct facts *f, const struct plan *attach, struct plan_notes *notes,
              struct err *e);

#endif
