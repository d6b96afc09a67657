/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function's BARs and expansion ROM, from the attribute `resource`: one line each, "start end
 * flags" (drivers/pci/pci-sysfs.c resource_show()).
 */
#ifndef XVTD_RESOURCE_H
#define XVTD_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/root.h"

/* The lines of a function that is not a bridge: six BARs, then the ROM. */
#define RESOURCE_BARS 6
#define RESOURCE_ROM 6
#define RESOURCES 7

/* size 0: absent, or the upper half of a 64-bit BAR. */
struct resource {
    uint64_t start, size;   /* bytes; start 0 with a size: the firmware has not placed it */
    bool memory;            /* else I/O ports */
    bool prefetch;
    bool wide;              /* a 64-bit BAR */
};

/* The number of lines read, at most RESOURCES; all of ret is written. */
size_t resources_read(const struct root *root, struct bdf bdf, struct resource ret[RESOURCES]);

/* Bytes of memory in the BARs, without the ROM. */
uint64_t resources_memory(const struct resource resources[RESOURCES]);

#endif
