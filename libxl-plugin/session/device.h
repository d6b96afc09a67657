/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operand DEVICE of commands that only look; of the others: operand.h. */
#ifndef XVTD_DEVICE_H
#define XVTD_DEVICE_H

#include "base/bdf.h"
#include "base/err.h"
#include "pci/inventory.h"
#include "session/xvtd.h"

/*
 * Opens the hypervisor where there is one to ask: x->hv stays NULL on a captured machine
 * and on one that runs no Xen.  Errors: XV_CANNOT.
 */
int device_hv(struct xvtd *x, struct err *e);

/*
 * The functions that DEVICE stands for, in one block to be freed: for `show`, `groups` and
 * `list` also an interface or a block device.  For a name the hypervisor is opened
 * where there is one.  Errors: XV_USAGE, XV_NOT_FOUND, XV_CANNOT.
 */
int device_find(struct xvtd *x, const struct inventory *inv, const char *operand,
                struct bdf **ret, size_t *n, struct err *e);

/* Notes what was odd in the host's own tale of its devices, for people. */
void device_problems(const struct xvtd *x, const struct inventory *inv);

#endif
