/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds out what the functions of a dump are (config_dump.h), without sysfs.  A sleeping function
 * (D3cold) reads as all ones, but its line of text has its name.  A virtual function reads ffff for
 * its IDs; the capability of its physical function has them (SR-IOV 3.3).
 */
#ifndef XVTD_DUMP_SCAN_H
#define XVTD_DUMP_SCAN_H

#include "pci/config_dump.h"
#include "pci/inventory.h"
#include "pci/pci_names.h"

/*
 * Fills fns, which has dump->n elements, ascending.  An unknown function keeps the IDs ffff.
 */
void dump_scan(const struct config_dump *dump, struct pci_names *names,
               struct pci_function *fns);

/* Reads IDs and class from configuration space; false when they are not there. */
bool function_ids_from_config(const uint8_t *config, size_t len, struct pci_function *f);

/*
 * Reads them from the text after the BDF, in lspci's format with or without -n or -nn:
 * "Audio device [0403]: Somebody's Audio [10de:0bea] (rev ff)".  False when it has neither IDs nor
 * class.
 */
bool function_ids_from_title(const char *title, struct pci_names *names, struct pci_function *f);

/* The device's name in such a text, "Somebody's Audio"; "" for none. */
void title_name(const char *title, char *buf, size_t size);

#endif
