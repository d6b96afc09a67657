/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/dmar.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"

/* Offsets and sizes (VT-d 8.1, 8.3 to 8.5). */
enum {
    TABLE_WIDTH = 36, TABLE_FLAGS = 37, TABLE_FIXED = 48,
    UNIT_LENGTH = 2, UNIT_HEADER = 4, UNIT_SEGMENT = 6,
    DRHD_FLAGS = 4, DRHD_BASE = 8, DRHD_FIXED = 16,
    RMRR_BASE = 8, RMRR_END = 16, RMRR_FIXED = 24,
    ATSR_FLAGS = 4, ATSR_FIXED = 8,
    SCOPE_LENGTH = 1, SCOPE_BUS = 5, SCOPE_FIXED = 6, SCOPE_STEP = 2,
};
#define FLAG_INTR_REMAP 1u
#define FLAG_X2APIC_OPT_OUT 2u
#define FLAG_ALL 1u

static const char *const names[] = { "DRHD", "RMRR", "ATSR" };
static const size_t fixed[] = { DRHD_FIXED, RMRR_FIXED, ATSR_FIXED };

static int read_scopes(const uint8_t *p, size_t len, struct dmar_unit *unit,
                       struct acpi_notes *notes, struct err *e)
{
    for (size_t at = 0; at < len;) {
        size_t left = len - at, size = left > SCOPE_LENGTH ? p[at + SCOPE_LENGTH] : 0;

        if (size < SCOPE_FIXED + SCOPE_STEP || size > left) {
            acpi_note(notes, "DMAR: a %s names a device in an entry of %zu bytes where %zu are "
                      "left", names[unit->kind], size, left);
            return 0;
        }
        if (ARRAY_GROW(unit->scopes, unit->n_scopes))
            return err_nomem(e);
        unit->scopes[unit->n_scopes++] = (struct dmar_scope){
            .kind = p[at],
            .bus = p[at + SCOPE_BUS],
            .n_path = (size - SCOPE_FIXED) / SCOPE_STEP,
            .path = p + at + SCOPE_FIXED,
        };
        at += size;
    }
    return 0;
}

static int read_unit(const uint8_t *p, size_t len, struct dmar *dmar, struct acpi_notes *notes,
                     struct err *e)
{
    enum dmar_kind kind = (enum dmar_kind)acpi_u16(p);
    struct dmar_unit *unit;

    if (len < fixed[kind]) {
        acpi_note(notes, "DMAR: a %s of %zu bytes is too short", names[kind], len);
        return 0;
    }
    if (ARRAY_GROW(dmar->units, dmar->n_units))
        return err_nomem(e);
    unit = &dmar->units[dmar->n_units++];
    *unit = (struct dmar_unit){ .kind = kind, .segment = acpi_u16(p + UNIT_SEGMENT) };
    switch (kind) {
    case DMAR_DRHD:
        unit->all = p[DRHD_FLAGS] & FLAG_ALL;
        unit->base = acpi_u64(p + DRHD_BASE);
        break;
    case DMAR_RMRR:
        unit->base = acpi_u64(p + RMRR_BASE);
        unit->end = acpi_u64(p + RMRR_END);
        break;
    case DMAR_ATSR:
        unit->all = p[ATSR_FLAGS] & FLAG_ALL;
        break;
    }
    return read_scopes(p + fixed[kind], len - fixed[kind], unit, notes, e);
}

/* Xen switches VT-d off for a mistake in one of these (acpi_parse_one_rmrr()). */
static void doubt_regions(const struct dmar *dmar, struct acpi_notes *notes)
{
    for (size_t i = 0; i < dmar->n_units && notes->n < ACPI_NOTES_MAX; i++) {
        const struct dmar_unit *a = &dmar->units[i];

        if (a->kind != DMAR_RMRR)
            continue;
        if (a->base > a->end)
            acpi_note(notes, "DMAR: a reserved region (RMRR) ends at 0x%" PRIx64 ", before it "
                      "begins at 0x%" PRIx64, a->end, a->base);
        for (size_t j = 0; j < i && notes->n < ACPI_NOTES_MAX; j++) {
            const struct dmar_unit *b = &dmar->units[j];

            if (b->kind == DMAR_RMRR && a->base <= b->end && b->base <= a->end)
                acpi_note(notes, "DMAR: the reserved regions (RMRR) at 0x%" PRIx64 " and "
                          "0x%" PRIx64 " overlap: Xen then switches VT-d off", b->base, a->base);
        }
    }
}

int dmar_parse(const uint8_t *bytes, size_t len, struct dmar *ret, struct acpi_notes *notes,
               struct err *e)
{
    int r = 0;

    *ret = (struct dmar){ .n_units = 0 };
    len = acpi_open(bytes, len, "DMAR", "RMAD", TABLE_FIXED, notes);
    if (!len)
        return err_set(e, XV_FAILED, EINVAL, "the ACPI table DMAR cannot be read: %s",
                       notes->n ? notes->text[0] : "it is empty");
    ret->address_width = bytes[TABLE_WIDTH] + 1u;
    ret->intremap = bytes[TABLE_FLAGS] & FLAG_INTR_REMAP;
    ret->x2apic_opt_out = bytes[TABLE_FLAGS] & FLAG_X2APIC_OPT_OUT;
    for (size_t at = TABLE_FIXED; !r && at < len;) {
        size_t left = len - at, size = left < UNIT_HEADER ? 0 : acpi_u16(bytes + at + UNIT_LENGTH);

        if (size < UNIT_HEADER || size > left) {
            acpi_note(notes, "DMAR: %zu bytes are left for a structure of %zu: the rest of the "
                      "table is not read", left, size);
            break;
        }
        if (acpi_u16(bytes + at) <= DMAR_ATSR)
            r = read_unit(bytes + at, size, ret, notes, e);
        at += size;
    }
    if (!r)
        doubt_regions(ret, notes);
    return r;
}

void dmar_clear(struct dmar *dmar)
{
    for (size_t i = 0; i < dmar->n_units; i++)
        free(dmar->units[i].scopes);
    free(dmar->units);
    *dmar = (struct dmar){ .n_units = 0 };
}
