/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_config.h"

#include <limits.h>
#include <stdio.h>

#include "fake_tree.h"

#define DEVICES "sys/bus/pci/devices"

void config_set16(struct fake_config *c, size_t at, unsigned value)
{
    c->bytes[at] = (uint8_t)value;
    c->bytes[at + 1] = (uint8_t)(value >> 8);
}

void config_set32(struct fake_config *c, size_t at, uint32_t value)
{
    config_set16(c, at, value & 0xffff);
    config_set16(c, at + 2, value >> 16);
}

struct fake_config fake_config(unsigned vendor, unsigned device, enum pcie_type type,
                               bool multifunction)
{
    bool bridge = type >= PCIE_ROOT_PORT && type <= PCI_TO_PCIE;
    struct fake_config c = { .len = sizeof(c.bytes) };

    config_set16(&c, 0x00, vendor);
    config_set16(&c, 0x02, device);
    config_set16(&c, 0x06, 0x0010);
    c.bytes[0x0e] = (uint8_t)(bridge | multifunction << 7);
    c.bytes[0x34] = 0x40;
    config_set16(&c, 0x40, 0x5001);
    config_set16(&c, 0x50, 0xa005);
    config_set16(&c, 0xa0, 0x0010);
    config_set16(&c, 0xa2, 2 | (unsigned)type << 4);
    config_set16(&c, 0x100, 0x0001);
    config_set16(&c, 0x102, 0x0001);
    return c;
}

void config_add_acs(struct fake_config *c)
{
    config_set16(c, 0x102, 0x1481);
    config_set16(c, 0x148, 0x000d);
    config_set16(c, 0x14a, 0x0001);
    config_set16(c, 0x14c, 0x001d);
}

void config_put(const char *name, const char *parent, const struct fake_config *c,
                const char *class)
{
    char path[PATH_MAX], text[16];

    tree_mkdir("sys/devices/%s/%s", parent, name);
    snprintf(path, sizeof(path), "../../../devices/%s/%s", parent, name);
    tree_link(path, DEVICES "/%s", name);
    snprintf(text, sizeof(text), "0x%02x%02x\n", c->bytes[1], c->bytes[0]);
    tree_write(text, "sys/devices/%s/%s/vendor", parent, name);
    snprintf(text, sizeof(text), "0x%02x%02x\n", c->bytes[3], c->bytes[2]);
    tree_write(text, "sys/devices/%s/%s/device", parent, name);
    tree_write(class, "sys/devices/%s/%s/class", parent, name);
    tree_write_bytes(c->bytes, c->len, "sys/devices/%s/%s/config", parent, name);
}
