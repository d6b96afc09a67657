/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's quarantine: a function without a guest belongs to the pseudo domain DOMID_IO, so that its
 * DMA reaches no memory.  libxl quarantines functions that it makes assignable, and refuses to give
 * back others (libxl_pci.c, libxl__device_pci_assignable_remove()).  With a native driver a
 * quarantined function has neither DMA nor MSI.  The only user of libxenctrl outside the domain
 * side; no libxl.
 */
#ifndef XVTD_QUARANTINE_H
#define XVTD_QUARANTINE_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/err.h"

/*
 * Puts the function into quarantine, or takes it out; putting it in again does nothing.  Errors:
 * XV_CANNOT when the hypervisor cannot be asked; else XV_FAILED, -EBUSY when a guest has the
 * function,
 * -ENODEV when it is not in quarantine (xen/drivers/passthrough/pci.c).
 */
int quarantine_set(struct bdf bdf, bool on, struct err *e);

#endif
