/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the interrupts of a guest and of devices, before an attach. */
#ifndef XVTD_FACTS_IRQ_H
#define XVTD_FACTS_IRQ_H

#include "decide/facts.h"

/* Fills in the pirqs of facts->dom, and the functions' IRQs if they matter. */
int facts_irq(struct facts *f, const struct root *root, struct hv *hv, struct err *e);

#endif
