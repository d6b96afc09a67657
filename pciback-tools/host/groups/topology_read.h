/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts that topology_compute() needs, read from sysfs: each function's
 * configuration space (`config`), its place (where its link points) and its PF
 * (`physfn`).
 */
#ifndef XVTD_TOPOLOGY_READ_H
#define XVTD_TOPOLOGY_READ_H

#include "groups/topology.h"
#include "pci/inventory.h"

/*
 * A function's bytes that decide about groups.  text: what `config` holds, of any
 * length and content; len: how much of it there is.  Fills header, multifunction, pcie,
 * pcie_type, acs*, subvendor, subdevice and config_short of *fn; nothing is believed
 * that is not in the bytes.  Also for fuzzing.
 */
void topology_parse_config(const uint8_t *config, size_t len, struct topology_fn *fn);

/*
 * All functions of inv, in its order.  A function that goes away meanwhile, or whose
 * files cannot be read, stays in with what is known.  *fns is to be freed and has
 * inventory_count() elements.  Errors: -ENOMEM.
 */
int topology_read(const struct root *root, const struct inventory *inv,
                  struct topology_host *host, struct topology_fn **fns, struct err *e);

#endif
