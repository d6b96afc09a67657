/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the readers of ACPI tables.  Tables come from firmware and may be wrong: each mistake
 * becomes a note, and only bytes that are there are read.  Reading continues after a mistake where
 * possible.
 */
#ifndef XVTD_ACPI_H
#define XVTD_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "base/root.h"

/* The header of every table (ACPI 6.4, 5.2.6). */
#define ACPI_HEADER 36

#define ACPI_NOTES_MAX 8    /* further notes are dropped */

/* Mistakes in a table, a sentence each. */
struct acpi_notes {
    char text[ACPI_NOTES_MAX][160];
    size_t n;
};

void acpi_note(struct acpi_notes *notes, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The number of readable bytes of a table: its header's length, limited to len.  0 when the table
 * has neither signature (other may be NULL) or ends within its first `fixed` bytes.
 */
size_t acpi_open(const uint8_t *bytes, size_t len, const char *signature, const char *other,
                 size_t fixed, struct acpi_notes *notes);

/*
 * A table's bytes from sys/firmware/acpi/tables; the caller frees them.  -ENOENT without such a
 * table, else a negative errno.
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
