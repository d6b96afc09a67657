/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The laws of firmware.h on any bytes behind a header that makes sense: without one a
 * table is not looked at, and that is no news.  A libFuzzer target.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/host/firmware_laws.h"

#define FIXED 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const signatures[] = { "DMAR", "RMAD", "IVRS" };
    size_t len = FIXED + size;
    uint8_t *table;

    firmware_laws(data, size);
    /* Of exactly this size, so that the sanitizer sees a step beyond its end. */
    table = calloc(1, len);
    if (!table)
        return 0;
    memcpy(table + FIXED, data, size);
    for (int i = 0; i < 3; i++) {
        memcpy(table, signatures[i], 4);
        table[4] = (uint8_t)len;
        table[5] = (uint8_t)(len >> 8);
        firmware_laws(table, len);
    }
    free(table);
    return 0;
}
