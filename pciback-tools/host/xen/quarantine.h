/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's quarantine: a function that no guest has, given to the pseudo domain DOMID_IO, so
 * that its DMA reaches nothing.  libxl puts in there what it makes assignable and refuses
 * to give back what is not in (libxl_pci.c, libxl__device_pci_assignable_remove()); a
 * native driver that gets a function which is still in there gets neither DMA nor MSI.
 * The one user of libxenctrl outside of the domain side, and no libxl.
 */
#ifndef XVTD_QUARANTINE_H
#define XVTD_QUARANTINE_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/err.h"

/*
 * Puts the function in, a no-op where it is; or takes it out.  Errors: XV_CANNOT where the
 * hypervisor cannot be asked, else XV_FAILED: -EBUSY for putting in what a guest has,
 * -ENODEV for taking out what is not in (xen/drivers/passthrough/pci.c).
 */
int quarantine_set(struct bdf bdf, bool on, struct err *e);

#endif
