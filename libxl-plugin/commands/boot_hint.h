/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's cfg needs at the next boot of dom0. */
#ifndef XVTD_BOOT_HINT_H
#define XVTD_BOOT_HINT_H

#include "cfg/spec.h"
#include "pci/inventory.h"
#include "session/xvtd.h"

/*
 * Notes which of these devices the next boot of dom0 leaves to their native drivers, and the
 * command that changes it: `xl create` would fail on them.  Silent outside dom0, and on absent
 * devices.
 */
void boot_hint(const struct xvtd *x, const struct spec *specs, size_t n);

#endif
