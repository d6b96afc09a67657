/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots of an HVM guest's PCI bus that QEMU's own devices use. */
#ifndef XVTD_CFG_EMULATED_H
#define XVTD_CFG_EMULATED_H

#include "cfg/doc.h"

enum emulated { EMULATED_ALWAYS, EMULATED_USUALLY };

/*
 * The device in vslot of this cfg's guest, or NULL.  EMULATED_ALWAYS: devices that every HVM guest
 * has.  EMULATED_USUALLY: also those that QEMU adds by default.  NULL for guests that are not HVM,
 * whose bus has no devices of QEMU.
 */
const char *emulated_slot(const struct doc *doc, unsigned vslot, enum emulated how_sure);

#endif
