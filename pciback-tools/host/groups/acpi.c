/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/acpi.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void acpi_note(struct acpi_notes *notes, const char *fmt, ...)
{
    va_list ap;

    if (notes->n == ACPI_NOTES_MAX)
        return;
    va_start(ap, fmt);
    vsnprintf(notes->text[notes->n++], sizeof(notes->text[0]), fmt, ap);
    va_end(ap);
}

size_t acpi_open(const uint8_t *bytes, size_t len, const char *signature, const char *other,
                 size_t fixed, struct acpi_notes *notes)
{
    uint8_t sum = 0;
    size_t told;

    if (len < fixed) {
        acpi_note(notes, "%s: the table ends after %zu bytes, within its header", signature,
                  len);
        return 0;
    }
    if (memcmp(bytes, signature, 4) && (!other || memcmp(bytes, other, 4))) {
        acpi_note(notes, "%s: the table has another signature", signature);
        return 0;
    }
    told = acpi_u32(bytes + 4);
    if (told < fixed) {
        acpi_note(notes, "%s: the table says that it has %zu bytes, fewer than its header",
                  signature, told);
        return 0;
    }
    if (told > len) {
        acpi_note(notes, "%s: the table says that it has %zu bytes, and there are %zu",
                  signature, told, len);
        return len;
    }
    for (size_t i = 0; i < told; i++)
        sum = (uint8_t)(sum + bytes[i]);
    if (sum)
        acpi_note(notes, "%s: the table's checksum is wrong", signature);
    return told;
}
