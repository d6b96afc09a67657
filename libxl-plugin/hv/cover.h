/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of sysfs that is empty for this process alone, for a while: libxl reads a device's
 * `irq` and maps what it finds into the guest, whatever the guest has at that number
 * (libxl_pci.c, pci_add_dm_done()).  No other process notices, and nothing is left when this
 * one is killed: its mount namespace goes with it.
 */
#ifndef XVTD_COVER_H
#define XVTD_COVER_H

#include "base/bdf.h"
#include "base/err.h"

/*
 * Covers the `irq` of a function.  The process keeps a mount namespace of its own from then
 * on, which follows the host's.  Errors: XV_CANNOT.
 */
int cover_irq(struct bdf bdf, struct err *e);

/* And uncovers it; harmless where it is not covered. */
void uncover_irq(struct bdf bdf);

#endif
