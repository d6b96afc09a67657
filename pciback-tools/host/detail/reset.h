/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a function can be reset before another guest gets it. */
#ifndef XVTD_RESET_H
#define XVTD_RESET_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/root.h"

/*
 * Reads the kernel's list, `reset_method`.  A bus reset counts only when the function is alone on
 * its bus (drivers/pci/pci.c, pci_parent_bus_reset()).  Before Linux 5.15 the attribute `reset`
 * gives the same answer.
 */
bool reset_possible(const struct root *root, struct bdf bdf);

/*
 * The bridge above the function that resets all below it at once, with its attribute
 * `reset_subordinate` (Linux 6.13, drivers/pci/pci-sysfs.c), and those functions, at most max.
 * Returns how many they are; 0 where there is no such way, or another bridge is among them.
 */
#define RESET_CARD_MAX 32
size_t reset_card(const struct root *root, struct bdf bdf, struct bdf *bridge, struct bdf *fns,
                  size_t max);

#endif
