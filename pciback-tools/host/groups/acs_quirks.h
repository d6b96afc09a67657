/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known about single devices and contradicts, or stands in for, their
 * configuration space.  The data is that of Linux 6.1.192, drivers/pci/quirks.c
 * (pci_dev_acs_enabled[], the fixups that call pci_add_dma_alias(), and
 * quirk_bridge_cavm_thrx2_pcie_root()).
 */
#ifndef XVTD_ACS_QUIRKS_H
#define XVTD_ACS_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>

#include "groups/topology.h"

enum quirk_verdict { QUIRK_NONE, QUIRK_ISOLATES, QUIRK_DOES_NOT };

/* What a table says about the function's isolation; QUIRK_NONE: go by its registers. */
enum quirk_verdict acs_quirk(const struct topology_host *host, const struct topology_fn *fn);

/*
 * Root ports whose ACS capability has a dword where PCIe has a word: the control register is
 * at +8 instead of +6.
 */
bool acs_has_dwords(const struct topology_fn *fn);

/* Intel's VMD controllers, each of which makes up a segment (drivers/pci/controller/vmd.c). */
bool vmd_controller(const struct topology_fn *fn);

/* The slots and functions of its bus whose requester ids a function may use. */
struct dma_aliases {
    uint64_t devfn[4];  /* a bit for each slot << 3 | function */
};

/*
 * True when the function uses requester ids other than its own; *ret is written in
 * any case.  A Switchtec bridge has them in a table of its BAR: all are assumed.
 */
bool dma_alias_quirk(const struct topology_fn *fn, struct dma_aliases *ret);
bool dma_alias_has(const struct dma_aliases *aliases, struct bdf bdf);

/* A bridge below which the IOMMU sits, so that those above it replace no id. */
bool translation_root_quirk(const struct topology_fn *fn);

#endif
