/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of a dump (config_dump.h), where there is no sysfs that tells what they are.
 * A sleeping function (D3cold) reads as all ones: its line of text still names it.  A virtual
 * function reads ffff for its ids: its physical function's capability has them (SR-IOV 3.3).
 */
#ifndef XVTD_DUMP_SCAN_H
#define XVTD_DUMP_SCAN_H

#include "pci/config_dump.h"
#include "pci/inventory.h"
#include "pci/pci_names.h"

/*
 * Fills fns, which has dump->n elements, ascending.  One of which nothing is known keeps the
 * ids ffff.
 */
void dump_scan(const struct config_dump *dump, struct pci_names *names,
               struct pci_function *fns);

/* Ids and class from configuration space; false when it does not tell. */
bool function_ids_from_config(const uint8_t *config, size_t len, struct pci_function *f);

/*
 * The same from the text of a dump's line behind the BDF, as lspci prints it with or without
 * -n or -nn: "Audio device [0403]: Somebody's Audio [10de:0bea] (rev ff)".  False when neither
 * ids nor class are in it.
 */
bool function_ids_from_title(const char *title, struct pci_names *names, struct pci_function *f);

/* The device's name in such a text, "Somebody's Audio"; "" without one. */
void title_name(const char *title, char *buf, size_t size);

#endif
