/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made-up functions: their configuration space, and their place in the made-up tree. */
#ifndef XVTD_FAKE_CONFIG_H
#define XVTD_FAKE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "groups/topology.h"

struct fake_config {
    uint8_t bytes[4096];
    size_t len;
};

void config_set16(struct fake_config *c, size_t at, unsigned value);
void config_set32(struct fake_config *c, size_t at, uint32_t value);

/*
 * A function with power management (at 0x40), MSI (0x50) and PCIe (0xa0) capabilities, and AER
 * after these.
 */
struct fake_config fake_config(unsigned vendor, unsigned device, enum pcie_type type,
                               bool multifunction);

/* Adds Access Control Services at 0x148. */
void config_add_acs(struct fake_config *c);

/*
 * Puts a function into the tree with config, class, vendor and device.  parent:
 * "pci0000:00" or "pci0000:00/0000:00:1c.0"; class: "0x020000\n".
 */
void config_put(const char *name, const char *parent, const struct fake_config *c,
                const char *class);

#define FAKE_BRIDGE "0x060400\n"
#define FAKE_NIC "0x020000\n"

#endif
