/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a file of sysfs empty for this process, for a while.  libxl reads a device's `irq` and
 * maps that number into the guest, even if the guest uses it already (libxl_pci.c,
 * pci_add_dm_done()).  Other processes see no change.  A killed process leaves nothing behind:
 * its mount namespace ends with it.
 */
#ifndef XVTD_COVER_H
#define XVTD_COVER_H

#include "base/bdf.h"
#include "base/err.h"

/*
 * Covers the `irq` of a function.  From the first cover on the process has a mount namespace of
 * its own, which follows the host's.  Errors: XV_CANNOT.
 */
int cover_irq(struct bdf bdf, struct err *e);

/* Uncovers it; harmless if it is not covered. */
void uncover_irq(struct bdf bdf);

/*
 * The same for the files by which libxl resets what is at this address (libxl_pci.c,
 * libxl__device_pci_reset()); a file that does not exist needs no cover.
 */
int cover_reset(struct bdf bdf, struct err *e);
void uncover_reset(struct bdf bdf);

#endif
