/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/ivrs.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"

/* Offsets and sizes (AMD IOMMU 5.2.1, tables 90 and following). */
enum {
    TABLE_INFO = 36, INFO_EXTENDED = 1, TABLE_FIXED = 48,
    BLOCK_FLAGS = 1, BLOCK_LENGTH = 2, BLOCK_ID = 4, BLOCK_AUX = 6, BLOCK_HEADER = 4,
    IVHD_BASE = 8, IVHD_SEGMENT = 16, IVHD_FIXED = 24, IVHD_FIXED_LONG = 40,
    IVMD_SEGMENT = 8, IVMD_BASE = 16, IVMD_SIZE = 24, IVMD_FIXED = 32,
};
#define IVHD_10 0x10
#define IVHD_11 0x11
#define IVHD_40 0x40
#define IVMD_ALL 0x20
#define IVMD_ONE 0x21
#define IVMD_RANGE 0x22
#define IVMD_UNIT 0x23
#define IVMD_FLAG_UNITY 1u
#define IVMD_FLAG_EXCLUSION 8u

/* Device entries: the kind, then the device ID in two bytes. */
enum {
    ENTRY_ALL = 1, ENTRY_SELECT = 2, ENTRY_START = 3, ENTRY_END = 4,
    ENTRY_ALIAS = 66, ENTRY_ALIAS_START = 67, ENTRY_EXTENDED = 70, ENTRY_EXTENDED_START = 71,
    ENTRY_NAMED = 240,
    ENTRY_ID = 1, ENTRY_USED_ID = 5, ENTRY_SHORT = 4, ENTRY_NAMED_FIXED = 22,
    ENTRY_NAMED_LENGTH = 21,
};

static size_t entry_size(const uint8_t *p, size_t left)
{
    if (*p == ENTRY_NAMED)
        return left < ENTRY_NAMED_FIXED ? left : ENTRY_NAMED_FIXED + (size_t)p[ENTRY_NAMED_LENGTH];
    return (size_t)ENTRY_SHORT << (*p >> 6);
}

/* Starts a range from an entry; false when the entry is not about a PCI device. */
static bool entry_range(const uint8_t *p, struct ivrs_range *range, bool *goes_on)
{
    range->first = range->last = acpi_u16(p + ENTRY_ID);
    *goes_on = false;
    switch (*p) {
    case ENTRY_ALL:
        range->first = 0;
        range->last = UINT16_MAX;
        return true;
    case ENTRY_START:
    case ENTRY_EXTENDED_START:
        *goes_on = true;
        return true;
    case ENTRY_SELECT:
    case ENTRY_EXTENDED:
        return true;
    case ENTRY_ALIAS_START:
        *goes_on = true;
        /* fall through */
    case ENTRY_ALIAS:
        range->aliased = true;
        range->alias = acpi_u16(p + ENTRY_USED_ID);
        return true;
    }
    return false;
}

static int read_entries(const uint8_t *p, size_t len, uint16_t segment, size_t unit,
                        struct ivrs *ivrs, struct acpi_notes *notes, struct err *e)
{
    for (size_t at = 0; at + ENTRY_SHORT <= len;) {
        struct ivrs_range range = { .segment = segment, .unit = unit };
        size_t size = entry_size(p + at, len - at);
        bool goes_on;

        if (size > len - at) {
            acpi_note(notes, "IVRS: a device entry of %zu bytes where %zu are left", size,
                      len - at);
            return 0;
        }
        if (entry_range(p + at, &range, &goes_on)) {
            if (goes_on && (len - at - size < ENTRY_SHORT || p[at + size] != ENTRY_END)) {
                acpi_note(notes, "IVRS: a range of devices has no end: Xen then switches "
                          "AMD-Vi off");
                return 0;
            }
            if (goes_on)
                range.last = acpi_u16(p + at + size + ENTRY_ID);
            if (ARRAY_GROW(ivrs->ranges, ivrs->n_ranges))
                return err_nomem(e);
            ivrs->ranges[ivrs->n_ranges++] = range;
        }
        at += size;
    }
    return 0;
}

/* Several types of block describe one IOMMU; only the device entries of type `chosen` count. */
static int read_ivhd(const uint8_t *p, size_t len, uint8_t chosen, struct ivrs *ivrs,
                     struct acpi_notes *notes, struct err *e)
{
    size_t fixed = *p == IVHD_10 ? IVHD_FIXED : IVHD_FIXED_LONG, at;
    struct ivrs_unit unit;

    if (len < fixed) {
        acpi_note(notes, "IVRS: an IVHD of %zu bytes is too short", len);
        return 0;
    }
    unit = (struct ivrs_unit){
        .segment = acpi_u16(p + IVHD_SEGMENT),
        .id = acpi_u16(p + BLOCK_ID),
        .capability = acpi_u16(p + BLOCK_AUX),
        .base = acpi_u64(p + IVHD_BASE),
    };
    for (at = 0; at < ivrs->n_units; at++)
        if (ivrs->units[at].segment == unit.segment && ivrs->units[at].id == unit.id)
            break;
    if (at == ivrs->n_units) {
        if (ARRAY_GROW(ivrs->units, ivrs->n_units))
            return err_nomem(e);
        ivrs->units[ivrs->n_units++] = unit;
    }
    return *p == chosen ? read_entries(p + fixed, len - fixed, unit.segment, at, ivrs, notes, e)
                        : 0;
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
        .last = acpi_u16(p + (*p == IVMD_RANGE ? BLOCK_AUX : BLOCK_ID)),
        .by_unit = *p == IVMD_UNIT,
        .capability = acpi_u16(p + BLOCK_AUX),
        .exclusion = p[BLOCK_FLAGS] & IVMD_FLAG_EXCLUSION,
        .flags = p[BLOCK_FLAGS],
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

static bool is_unit_of(const struct ivrs_memory *memory, const struct ivrs_unit *unit)
{
    return memory->by_unit && unit->segment == memory->segment && unit->id == memory->first &&
           unit->capability == memory->capability;
}

/* True when it is for a device from first to last. */
static bool concerns(const struct ivrs *ivrs, const struct ivrs_memory *memory, uint16_t first,
                     uint16_t last)
{
    if (memory->all)
        return true;
    if (!memory->by_unit)
        return memory->first <= last && first <= memory->last;
    for (size_t i = 0; i < ivrs->n_ranges; i++) {
        const struct ivrs_range *range = &ivrs->ranges[i];

        if (is_unit_of(memory, &ivrs->units[range->unit]) && range->first <= last &&
            first <= range->last)
            return true;
    }
    return false;
}

bool ivrs_memory_has(const struct ivrs *ivrs, const struct ivrs_memory *memory, uint16_t id)
{
    return concerns(ivrs, memory, id, id);
}

size_t ivrs_memory_devices(const struct ivrs *ivrs, const struct ivrs_memory *memory)
{
    size_t n = 0;

    if (memory->all)
        return 0;
    if (!memory->by_unit)
        return memory->last - memory->first + 1u;
    for (size_t i = 0; i < ivrs->n_ranges; i++)
        if (is_unit_of(memory, &ivrs->units[ivrs->ranges[i].unit]) &&
            ivrs->ranges[i].first <= ivrs->ranges[i].last)
            n += ivrs->ranges[i].last - ivrs->ranges[i].first + 1u;
    return n;
}

bool ivrs_alias(const struct ivrs *ivrs, uint16_t segment, uint16_t id, uint16_t *ret)
{
    bool aliased = false;

    for (size_t i = 0; i < ivrs->n_ranges; i++) {
        const struct ivrs_range *range = &ivrs->ranges[i];

        if (range->segment != segment || id < range->first || id > range->last)
            continue;
        if (!range->aliased)
            return false;
        *ret = range->alias;
        aliased = true;
    }
    return aliased && *ret != id;
}

/* True when both are for a common device. */
static bool share_device(const struct ivrs *ivrs, const struct ivrs_memory *a,
                         const struct ivrs_memory *b)
{
    if (a->all || b->all)
        return true;
    if (a->segment != b->segment)
        return false;
    if (!a->by_unit)
        return concerns(ivrs, b, a->first, a->last);
    for (size_t i = 0; i < ivrs->n_ranges; i++) {
        const struct ivrs_range *range = &ivrs->ranges[i];

        if (is_unit_of(a, &ivrs->units[range->unit]) &&
            concerns(ivrs, b, range->first, range->last))
            return true;
    }
    return false;
}

#define PAGE UINT64_C(0xfff)

/*
 * Xen maps whole pages, and accepts the same region twice (reserve_unity_map_for_device()).  Xen
 * handles overlapping exclusion regions in several ways, so they count as no overlap.
 */
static bool overlap(const struct ivrs_memory *a, const struct ivrs_memory *b)
{
    uint64_t a_base = a->base & ~PAGE, a_end = a->end | PAGE;
    uint64_t b_base = b->base & ~PAGE, b_end = b->end | PAGE;

    if (a->exclusion || b->exclusion || a_base > b_end || b_base > a_end)
        return false;
    return a_base != b_base || a_end != b_end || a->flags != b->flags;
}

/* Xen switches AMD-Vi off for a mistake in one of these (parse_ivmd_block()). */
static void doubt_memories(const struct ivrs *ivrs, struct acpi_notes *notes)
{
    for (size_t i = 0; i < ivrs->n_memories && notes->n < ACPI_NOTES_MAX; i++) {
        const struct ivrs_memory *a = &ivrs->memories[i];
        bool known = !a->by_unit;

        for (size_t j = 0; j < ivrs->n_units; j++)
            known |= is_unit_of(a, &ivrs->units[j]);
        if (!known)
            acpi_note(notes, "IVRS: the memory definition (IVMD) at 0x%" PRIx64 " is for an IOMMU "
                      "that does not exist: Xen then switches AMD-Vi off", a->base);
        if (!(a->flags & (IVMD_FLAG_UNITY | IVMD_FLAG_EXCLUSION)))
            acpi_note(notes, "IVRS: the memory definition (IVMD) at 0x%" PRIx64 " does not say how "
                      "to map it: Xen then switches AMD-Vi off", a->base);
        for (size_t j = 0; j < i && notes->n < ACPI_NOTES_MAX; j++)
            if (overlap(a, &ivrs->memories[j]) && share_device(ivrs, a, &ivrs->memories[j]))
                acpi_note(notes, "IVRS: the memory definitions (IVMD) at 0x%" PRIx64 " and "
                          "0x%" PRIx64 " overlap: Xen then switches AMD-Vi off",
                          ivrs->memories[j].base, a->base);
    }
}

/* The IVHD type that Xen reads (get_supported_ivhd_type()); without one, a later type. */
static uint8_t choose_type(const uint8_t *bytes, size_t len)
{
    bool extended = acpi_u32(bytes + TABLE_INFO) & INFO_EXTENDED, has[256] = { false };

    for (size_t at = TABLE_FIXED; at + BLOCK_HEADER <= len;) {
        size_t size = acpi_u16(bytes + at + BLOCK_LENGTH);

        if (size < BLOCK_HEADER)
            break;
        has[bytes[at]] = true;
        at += size;
    }
    if (has[IVHD_11] && (extended || (!has[IVHD_10] && !has[IVHD_40])))
        return IVHD_11;
    return has[IVHD_10] || !has[IVHD_40] ? IVHD_10 : IVHD_40;
}

static int read_block(const uint8_t *p, size_t size, uint8_t chosen, struct ivrs *ivrs,
                      struct acpi_notes *notes, struct err *e)
{
    switch (*p) {
    case IVHD_10:
    case IVHD_11:
    case IVHD_40:
        return read_ivhd(p, size, chosen, ivrs, notes, e);
    case IVMD_ALL:
    case IVMD_ONE:
    case IVMD_RANGE:
    case IVMD_UNIT:
        return read_ivmd(p, size, ivrs, notes, e);
    }
    return 0;
}

int ivrs_parse(const uint8_t *bytes, size_t len, struct ivrs *ret, struct acpi_notes *notes,
               struct err *e)
{
    uint8_t chosen;
    int r = 0;

    *ret = (struct ivrs){ .n_units = 0 };
    len = acpi_open(bytes, len, "IVRS", NULL, TABLE_FIXED, notes);
    if (!len)
        return err_set(e, XV_FAILED, EINVAL, "the ACPI table IVRS cannot be read: %s",
                       notes->n ? notes->text[0] : "it is empty");
    chosen = choose_type(bytes, len);
    for (size_t at = TABLE_FIXED; !r && at < len;) {
        size_t left = len - at;
        size_t size = left < BLOCK_HEADER ? 0 : acpi_u16(bytes + at + BLOCK_LENGTH);

        if (size < BLOCK_HEADER || size > left) {
            acpi_note(notes, "IVRS: %zu bytes are left for a block of %zu: the rest of the table "
                      "is not read", left, size);
            break;
        }
        r = read_block(bytes + at, size, chosen, ret, notes, e);
        at += size;
    }
    if (!r)
        doubt_memories(ret, notes);
    return r;
}

void ivrs_clear(struct ivrs *ivrs)
{
    free(ivrs->units);
    free(ivrs->ranges);
    free(ivrs->memories);
    *ivrs = (struct ivrs){ .n_units = 0 };
}
