/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operand DEVICE of commands that only look.  Other commands use operand.h. */
#ifndef XVTD_DEVICE_H
#define XVTD_DEVICE_H

#include "base/bdf.h"
#include "base/err.h"
#include "pci/inventory.h"
#include "session/xvtd.h"

/*
 * Opens the hypervisor if there is one to ask: x->hv stays NULL on a captured machine and on one
 * without Xen.  Errors: XV_CANNOT.
 */
int device_hv(struct xvtd *x, struct err *e);

/*
 * The functions of the operand DEVICE; the caller frees the block.  `show`, `groups` and `list`
 * also accept an interface or a block device.  Opens the hypervisor for a name, if there is one.
 * Errors: XV_USAGE, XV_NOT_FOUND, XV_CANNOT.
 */
int device_find(struct xvtd *x, const struct inventory *inv, const char *operand,
                struct bdf **ret, size_t *n, struct err *e);

/* Prints warnings about wrong data in the host's list of devices. */
void device_problems(const struct xvtd *x, const struct inventory *inv);

#endif
