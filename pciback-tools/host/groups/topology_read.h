/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the facts for topology_compute() from sysfs: each function's configuration space
 * (`config`), its place (its link) and its PF (`physfn`).
 */
#ifndef XVTD_TOPOLOGY_READ_H
#define XVTD_TOPOLOGY_READ_H

#include "groups/topology.h"
#include "pci/inventory.h"

/*
 * Parses a function's facts about groups.  config: len bytes of any content.  Fills header,
 * multifunction, pcie, pcie_type, acs*, subvendor, subdevice and config_short of *fn from the bytes
 * that are there.  Also for fuzzing.
 */
void topology_parse_config(const uint8_t *config, size_t len, struct topology_fn *fn);

/*
 * Reads all functions of inv, in its order.  asked: NULL, or by function whose groups matter.  Then
 * configuration spaces are read as far as they tell whether those are alone in their groups; a group
 * of several needs another call without asked.  A function that disappears or has unreadable files
 * stays in, with its known facts.  *fns has inventory_count() elements; the caller frees it.
 * Errors: -ENOMEM.
 */
int topology_read(const struct root *root, const struct inventory *inv, const bool *asked,
                  struct topology_host *host, struct topology_fn **fns, struct err *e);

#endif
