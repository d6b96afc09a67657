/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can a function be reset before somebody else gets it? */
#ifndef XVTD_RESET_H
#define XVTD_RESET_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/root.h"

/*
 * By the kernel's own list, `reset_method`.  A reset of its bus counts only for one that is
 * alone there (drivers/pci/pci.c, pci_parent_bus_reset()).  Before Linux 5.15 the attribute
 * `reset` says as much.
 */
bool reset_possible(const struct root *root, struct bdf bdf);

#endif
