/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/acpi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define TABLES "sys/firmware/acpi/tables"
#define TABLE_MAX (1u << 20)

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
        acpi_note(notes, "%s: the table says that it has %zu bytes, but it has %zu",
                  signature, told, len);
        return len;
    }
    for (size_t i = 0; i < told; i++)
        sum = (uint8_t)(sum + bytes[i]);
    if (sum)
        acpi_note(notes, "%s: the table's checksum is wrong", signature);
    return told;
}

int acpi_read(const struct root *root, const char *name, uint8_t **ret, size_t *len)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, TABLES "/%s", name);
    AUTO_FREE uint8_t *bytes = NULL;
    size_t n = 0;
    ssize_t got;

    if (fd < 0)
        return fd;
    bytes = malloc(TABLE_MAX);
    if (!bytes)
        return -ENOMEM;
    while (n < TABLE_MAX && (got = read(fd, bytes + n, TABLE_MAX - n)) != 0) {
        if (got < 0)
            return -errno;
        n += (size_t)got;
    }
    *ret = TAKE_PTR(bytes);
    *len = n;
    return 0;
}
