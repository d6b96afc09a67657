/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A word for a function's purpose, from its class code (PCI Code and ID Assignment, 1). */
#ifndef XVTD_PCI_CLASS_H
#define XVTD_PCI_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* "nvme", "network", "usb": the closest word; "other" for a class without one. */
const char *pci_class_word(uint32_t class);

/*
 * True when a list like "network,storage,0c03" covers the class.  A word covers related classes
 * ("storage" includes "nvme"), two digits a base class, four digits a sub class.
 */
bool pci_class_among(uint32_t class, const char *list);

/* XV_USAGE for a list with an unknown word; the hint lists the words. */
int pci_class_check_list(const char *list, struct err *e);

/*
 * True for functions of the chipset or processor: memory controllers, timers, monitors, management
 * engines.  On a root bus such a function is not a plugged-in card.
 */
bool pci_class_is_platform(uint32_t class);

#endif
