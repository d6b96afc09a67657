/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to know of a guest's interrupts, and of those of devices, before an attach. */
#ifndef XVTD_FACTS_IRQ_H
#define XVTD_FACTS_IRQ_H

#include "decide/facts.h"

/* Fills in what facts->dom uses, and the functions' part where that matters. */
int facts_irq(struct facts *f, const struct root *root, struct hv *hv, struct err *e);

#endif
