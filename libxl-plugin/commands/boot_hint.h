/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's cfg means for the next boot of dom0. */
#ifndef XVTD_BOOT_HINT_H
#define XVTD_BOOT_HINT_H

#include "cfg/spec.h"
#include "pci/inventory.h"
#include "session/xvtd.h"

/*
 * Notes which of these devices of a cfg the next boot of dom0 will leave to their native
 * drivers, and the command that changes that: `xl create` fails on them then.  Silent where
 * this is no dom0, and on devices that it does not have.
 */
void boot_hint(const struct xvtd *x, const struct spec *specs, size_t n);

#endif
