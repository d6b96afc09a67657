/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known facts about single devices that override, or replace, their configuration space.  The data
 * is that of Linux 6.1.192, drivers/pci/quirks.c (pci_dev_acs_enabled[], the fixups that call
 * pci_add_dma_alias(), and quirk_bridge_cavm_thrx2_pcie_root()).
 */
#ifndef XVTD_ACS_QUIRKS_H
#define XVTD_ACS_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>

#include "groups/topology.h"

enum quirk_verdict { QUIRK_NONE, QUIRK_ISOLATES, QUIRK_DOES_NOT };

/* A table's statement on the function's isolation; QUIRK_NONE: use its registers. */
enum quirk_verdict acs_quirk(const struct topology_host *host, const struct topology_fn *fn);

/*
 * True for root ports whose ACS registers are dwords instead of PCIe's words: the control register
 * is at +8 instead of +6.
 */
bool acs_has_dwords(const struct topology_fn *fn);

/*
 * True for Intel's VMD controllers, each of which makes a segment (drivers/pci/controller/vmd.c).
 */
bool vmd_controller(const struct topology_fn *fn);

/* Slots and functions on its own bus whose requester IDs a function may use. */
struct dma_aliases {
    uint64_t devfn[4];  /* one bit for each slot << 3 | function */
};

/*
 * True when the function uses requester IDs other than its own; *ret is written in any case.  A
 * Switchtec bridge keeps them in a table in its BAR, so all are assumed.
 */
bool dma_alias_quirk(const struct topology_fn *fn, struct dma_aliases *ret);
bool dma_alias_has(const struct dma_aliases *aliases, struct bdf bdf);

/* True for a bridge above the IOMMU's position, whose own upstream bridges replace no ID. */
bool translation_root_quirk(const struct topology_fn *fn);

#endif
