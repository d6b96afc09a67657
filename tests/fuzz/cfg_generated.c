/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cfg_generated [COUNT [SEED]]: the laws on that many generated cfgs, and on broken ones. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/cfg/gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gen g;
static uint32_t current;

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    uint32_t seed = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;

    for (uint32_t i = 0; i < count; i++) {
        current = seed + i;
        g.seed = current * 2654435761u;
        gen_cfg(&g);
        LLVMFuzzerTestOneInput((const uint8_t *)g.text, g.len);
        if (i % 4)
            continue;
        gen_break(&g);
        LLVMFuzzerTestOneInput((const uint8_t *)g.text, g.len);
    }
    printf("%u generated cfgs, seeds %u to %u: the laws hold\n", count, seed, seed + count - 1);
    return 0;
}
