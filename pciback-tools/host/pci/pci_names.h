/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ids mean, from pci.ids by libpci: its one user.
 *
 * libpci's own scan ends the process at a name or an attribute that is not as it should be,
 * and opens a dozen files for each function, so it only looks up names here.
 */
#ifndef XVTD_PCI_NAMES_H
#define XVTD_PCI_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pci_names;

/* NULL when out of memory.  The list is read at the first look-up. */
struct pci_names *pci_names_open(void);
struct pci_names *pci_names_close(struct pci_names *names);

/* "Intel Corporation 82574L Gigabit Network Connection" */
void pci_names_device(struct pci_names *names, uint16_t vendor, uint16_t device, char *buf,
                      size_t size);

/* "Intel 82574L Gigabit Network Connection": the vendor as people call it. */
void pci_names_short(struct pci_names *names, uint16_t vendor, uint16_t device, char *buf,
                     size_t size);

/* "Ethernet controller"; class: base and sub class. */
void pci_names_class(struct pci_names *names, uint16_t class, char *buf, size_t size);

/* The other way round.  False for a name that no class has. */
bool pci_names_find_class(struct pci_names *names, const char *name, uint16_t *ret);

/*
 * Cuts a vendor's name to what people call it: "Red Hat, Inc." to "Red Hat", "Advanced Micro
 * Devices, Inc. [AMD/ATI]" to "AMD/ATI".  Pure.
 */
void pci_names_cut_vendor(char *vendor);

#endif
