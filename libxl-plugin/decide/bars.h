/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a hot-plugged device's memory goes in a guest: into a hole below 4 GiB.  Pure. */
#ifndef XVTD_BARS_H
#define XVTD_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/hv.h"
#include "pci/resource.h"

/* The hole's size in bytes: the cfg's mmio_hole, or hvmloader's 256 MiB. */
uint64_t bars_hole(const struct hv_config *config);

/* The sizes of the memory BARs of one function, appended to sizes[]; returns how many. */
size_t bars_sizes(const struct resource resources[RESOURCES], uint64_t sizes[RESOURCE_BARS]);

/*
 * Do memory BARs of these sizes (bytes, powers of two) fit into a guest's hole of so many bytes,
 * beside its emulated devices?
 */
bool bars_fit(const uint64_t *sizes, size_t n, uint64_t hole);

/* The smallest mmio_hole (MiB) in which they do; 0: there is none. */
unsigned bars_hole_for(const uint64_t *sizes, size_t n);

#endif
