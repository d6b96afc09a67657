/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/resource.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* include/linux/ioport.h */
enum {
    IORESOURCE_IO = 0x100, IORESOURCE_MEM = 0x200, IORESOURCE_PREFETCH = 0x2000,
    IORESOURCE_MEM_64 = 0x100000,
};

size_t resources_read(const struct root *root, struct bdf bdf, struct resource ret[RESOURCES])
{
    char text[2048], *line = text;
    size_t n = 0;

    memset(ret, 0, RESOURCES * sizeof(*ret));
    if (root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/resource",
                   BDF_STR(bdf)) <= 0)
        return 0;
    for (; n < RESOURCES && line; n++) {
        uint64_t start, end, flags;

        if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3)
            break;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
        if (!(flags & (IORESOURCE_IO | IORESOURCE_MEM)) || end <= start ||
            end - start == UINT64_MAX)
            continue;
        ret[n] = (struct resource){
            .start = start, .size = end - start + 1, .memory = flags & IORESOURCE_MEM,
            .prefetch = flags & IORESOURCE_PREFETCH, .wide = flags & IORESOURCE_MEM_64,
        };
    }
    return n;
}

uint64_t resources_memory(const struct resource resources[RESOURCES])
{
    uint64_t sum = 0;

    for (size_t i = 0; i < RESOURCE_BARS; i++)
        if (resources[i].memory && __builtin_add_overflow(sum, resources[i].size, &sum))
            return UINT64_MAX;  /* too large for any machine: the text is damaged */
    return sum;
}
