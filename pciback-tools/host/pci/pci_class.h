/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A word for what a function is for, by its class code (PCI Code and ID Assignment, 1). */
#ifndef XVTD_PCI_CLASS_H
#define XVTD_PCI_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* "nvme", "network", "usb": the closest word; "other" for a class without one. */
const char *pci_class_word(uint32_t class);

/*
 * Is the class among those that a list names, "network,storage,0c03"?  A word means all that it
 * covers ("storage" has "nvme" too), two digits a base class, four a sub class.
 */
bool pci_class_among(uint32_t class, const char *list);

/* XV_USAGE for a list with something else in it; the hint has the words. */
int pci_class_check_list(const char *list, struct err *e);

/*
 * What a chipset or a processor has for itself: memory controllers, timers, monitors, management
 * engines.  On a root bus that is no card that somebody plugged in.
 */
bool pci_class_is_platform(uint32_t class);

#endif
