/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/ivrs.h"

#include <errno.h>

#include "base/cleanup.h"

/* Offsets and sizes (AMD IOMMU 5.2.1, tables 90 and following). */
enum {
    TABLE_FIXED = 48,
    BLOCK_FLAGS = 1, BLOCK_LENGTH = 2, BLOCK_ID = 4, BLOCK_HEADER = 4,
    IVHD_BASE = 8, IVHD_SEGMENT = 16, IVHD_FIXED = 24, IVHD_FIXED_LONG = 40,
    IVMD_LAST = 6, IVMD_SEGMENT = 8, IVMD_BASE = 16, IVMD_SIZE = 24, IVMD_FIXED = 32,
};
#define IVHD_10 0x10
#define IVHD_11 0x11
#define IVHD_40 0x40
#define IVMD_ALL 0x20
#define IVMD_ONE 0x21
#define IVMD_RANGE 0x22
#define IVMD_FLAG_EXCLUSION 8u

static int read_ivhd(const uint8_t *p, size_t len, struct ivrs *ivrs, struct acpi_notes *notes,
                     struct err *e)
{
    size_t fixed = *p == IVHD_10 ? IVHD_FIXED : IVHD_FIXED_LONG;
    struct ivrs_unit unit;
    bool known = false;

    if (len < fixed) {
        acpi_note(notes, "IVRS: an IVHD of %zu bytes is too short", len);
        return 0;
    }
    unit = (struct ivrs_unit){
        .segment = acpi_u16(p + IVHD_SEGMENT),
        .id = acpi_u16(p + BLOCK_ID),
        .base = acpi_u64(p + IVHD_BASE),
    };
    for (size_t i = 0; i < ivrs->n_units; i++)
        known |= ivrs->units[i].segment == unit.segment && ivrs->units[i].id == unit.id;
    if (known) /* the same one again, for software that knows the newer type */
        return 0;
    if (ARRAY_GROW(ivrs->units, ivrs->n_units))
        return err_nomem(e);
    ivrs->units[ivrs->n_units++] = unit;
    return 0;
}

static int read_ivmd(const uint8_t *p, size_t len, struct ivrs *ivrs, struct acpi_notes *notes,
                     struct err *e)
{
    struct ivrs_memory memory;
    uint64_t size;

    if (len < IVMD_FIXED) {
        acpi_note(notes, "IVRS: an IVMD of %zu bytes is too short", len);
        return 0;
    }
    memory = (struct ivrs_memory){
        .all = *p == IVMD_ALL,
        .segment = acpi_u16(p + IVMD_SEGMENT),
        .first = acpi_u16(p + BLOCK_ID),
        .last = acpi_u16(p + (*p == IVMD_RANGE ? IVMD_LAST : BLOCK_ID)),
        .exclusion = p[BLOCK_FLAGS] & IVMD_FLAG_EXCLUSION,
        .base = acpi_u64(p + IVMD_BASE),
    };
    size = acpi_u64(p + IVMD_SIZE);
    if (!size || size - 1 > UINT64_MAX - memory.base || memory.first > memory.last) {
        acpi_note(notes, "IVRS: a memory definition (IVMD) makes no sense and is left out");
        return 0;
    }
    memory.end = memory.base + size - 1;
    if (ARRAY_GROW(ivrs->memories, ivrs->n_memories))
        return err_nomem(e);
    ivrs->memories[ivrs->n_memories++] = memory;
    return 0;
}

int ivrs_parse(const uint8_t *bytes, size_t len, struct ivrs *ret, struct acpi_notes *notes,
               struct err *e)
{
    int r = 0;

    *ret = (struct ivrs){ .n_units = 0 };
    len = acpi_open(bytes, len, "IVRS", NULL, TABLE_FIXED, notes);
    if (!len)
        return err_set(e, XV_FAILED, EINVAL, "the ACPI table IVRS cannot be read: %s",
                       notes->n ? notes->text[0] : "it is empty");
    for (size_t at = TABLE_FIXED; !r && at < len;) {
        size_t left = len - at;
        size_t size = left < BLOCK_HEADER ? 0 : acpi_u16(bytes + at + BLOCK_LENGTH);

        if (size < BLOCK_HEADER || size > left) {
            acpi_note(notes, "IVRS: %zu bytes are left for a block of %zu: the rest of the table "
                      "is not read", left, size);
            break;
        }
        switch (bytes[at]) {
        case IVHD_10:
        case IVHD_11:
        case IVHD_40:
            r = read_ivhd(bytes + at, size, ret, notes, e);
            break;
        case IVMD_ALL:
        case IVMD_ONE:
        case IVMD_RANGE:
            r = read_ivmd(bytes + at, size, ret, notes, e);
            break;
        }
        at += size;
    }
    return r;
}

void ivrs_clear(struct ivrs *ivrs)
{
    free(ivrs->units);
    free(ivrs->memories);
    *ivrs = (struct ivrs){ .n_units = 0 };
}
