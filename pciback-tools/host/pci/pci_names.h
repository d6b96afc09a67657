/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of IDs, from pci.ids.  The only user of libpci.
 *
 * libpci's device scan ends the process at a malformed name or attribute, and opens a dozen files
 * for each function.  So only its name look-up is used.
 */
#ifndef XVTD_PCI_NAMES_H
#define XVTD_PCI_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pci_names;

/* NULL when out of memory.  libpci reads the list at the first look-up. */
struct pci_names *pci_names_open(void);
struct pci_names *pci_names_close(struct pci_names *names);

/* "Intel Corporation 82574L Gigabit Network Connection" */
void pci_names_device(struct pci_names *names, uint16_t vendor, uint16_t device, char *buf,
                      size_t size);

/* "Intel 82574L Gigabit Network Connection", with the vendor's short name. */
void pci_names_short(struct pci_names *names, uint16_t vendor, uint16_t device, char *buf,
                     size_t size);

/* "Ethernet controller"; class: base and sub class. */
void pci_names_class(struct pci_names *names, uint16_t class, char *buf, size_t size);

/* The class with this name; false when there is none. */
bool pci_names_find_class(struct pci_names *names, const char *name, uint16_t *ret);

/*
 * Shortens a vendor's name: "Red Hat, Inc." to "Red Hat", "Advanced Micro Devices, Inc. [AMD/ATI]"
 * to "AMD/ATI".  Pure.
 */
void pci_names_cut_vendor(char *vendor);

#endif
