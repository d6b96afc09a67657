/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots of an HVM guest's bus that QEMU's own devices have. */
#ifndef XVTD_CFG_EMULATED_H
#define XVTD_CFG_EMULATED_H

#include "cfg/doc.h"

enum emulated { EMULATED_ALWAYS, EMULATED_USUALLY };

/*
 * The device in vslot of the guest that this cfg makes, or NULL.  EMULATED_ALWAYS: only
 * what is there in every such guest; EMULATED_USUALLY: also what QEMU puts there unless
 * it is asked not to.  NULL for guests that are not HVM: their bus is all theirs.
 */
const char *emulated_slot(const struct doc *doc, unsigned vslot, enum emulated how_sure);

#endif
