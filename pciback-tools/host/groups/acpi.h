/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of ACPI tables share.  Tables come from firmware and are believed only
 * as far as their bytes reach: what is wrong becomes a note, and reading goes on behind it
 * where that makes sense.
 */
#ifndef XVTD_ACPI_H
#define XVTD_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "base/root.h"

/* The header that every table has (ACPI 6.4, 5.2.6). */
#define ACPI_HEADER 36

#define ACPI_NOTES_MAX 8    /* more of them say nothing new */

/* What is wrong with a table, a sentence each. */
struct acpi_notes {
    char text[ACPI_NOTES_MAX][160];
    size_t n;
};

void acpi_note(struct acpi_notes *notes, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * How many bytes of the table can be read: what its header says and no more than there
 * are, or 0 when it is no table with one of these signatures (other may be NULL) or ends
 * within the `fixed` bytes that it begins with.
 */
size_t acpi_open(const uint8_t *bytes, size_t len, const char *signature, const char *other,
                 size_t fixed, struct acpi_notes *notes);

/*
 * A table's bytes, to be freed, from sys/firmware/acpi/tables.  -ENOENT without one, else a
 * negative errno.
 */
int acpi_read(const struct root *root, const char *name, uint8_t **ret, size_t *len);

static inline uint16_t acpi_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t acpi_u32(const uint8_t *p)
{
    return acpi_u16(p) | (uint32_t)acpi_u16(p + 2) << 16;
}

static inline uint64_t acpi_u64(const uint8_t *p)
{
    return acpi_u32(p) | (uint64_t)acpi_u32(p + 4) << 32;
}

#endif
