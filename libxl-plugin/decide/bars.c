/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/bars.h"

#include <stdlib.h>

#include "base/cleanup.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/*
 * The guest's hole ends at 4 GiB, its uppermost 64 MiB are the chipset's; QEMU's display and
 * platform device have 32 MiB of it (hvmloader, config.h RESERVED_MEMBASE; pci.c).
 */
#define HOLE_DEFAULT (256 * MIB)
#define HOLE_CHIPSET (64 * MIB)
#define HOLE_EMULATED (32 * MIB)
#define HOLE_MAX_MIB 3840u

uint64_t bars_hole(const struct hv_config *config)
{
    return config->hole_kib ? config->hole_kib << 10 : HOLE_DEFAULT;
}

size_t bars_sizes(const struct resource resources[RESOURCES], uint64_t sizes[RESOURCE_BARS])
{
    size_t n = 0;

    for (size_t b = 0; b < RESOURCE_BARS; b++) {
        const struct resource *bar = &resources[b];

        if (bar->memory && bar->size && !(bar->size & (bar->size - 1)))
            sizes[n++] = bar->size;
    }
    return n;
}

static int descending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x > y ? -1 : x < y;
}

bool bars_fit(const uint64_t *sizes, size_t n, uint64_t hole)
{
    uint64_t at = 4 * GIB - hole + HOLE_EMULATED, end = 4 * GIB - HOLE_CHIPSET, room;
    AUTO_FREE uint64_t *sorted = malloc((n + 1) * sizeof(*sorted));

    if (!sorted)
        return true;
    for (size_t i = 0; i < n; i++)
        sorted[i] = sizes[i];
    qsort(sorted, n, sizeof(*sorted), descending);
    /* A BAR lies at a multiple of its size, so the largest first leave no gaps. */
    for (size_t i = 0; i < n; i++) {
        if (sorted[i] > hole)
            return false;
        room = (at + sorted[i] - 1) & ~(sorted[i] - 1);
        if (room + sorted[i] > end)
            return false;
        at = room + sorted[i];
    }
    return true;
}

unsigned bars_hole_for(const uint64_t *sizes, size_t n)
{
    for (unsigned want = 512; want <= HOLE_MAX_MIB; want += 256)
        if (bars_fit(sizes, n, want * MIB))
            return want;
    return 0;
}
