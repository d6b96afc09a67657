/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/config_dump.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config_space.h"

/* Reads the BDF, with or without a segment, at the beginning of a line. */
static bool line_bdf(const char *line, struct bdf *ret)
{
    size_t len = strcspn(line, " \t\r\n");
    char full[BDF_TEXT_MAX];

    if (len == strlen("02:00.0")) {
        snprintf(full, sizeof(full), "0000:%.7s", line);
        return bdf_from_sysfs(full, strlen(full), ret);
    }
    return bdf_from_sysfs(line, len, ret);
}

/* "1f0: 01 02": reads the offset and returns the bytes' text; NULL for another line. */
static const char *line_offset(const char *line, unsigned long *ret)
{
    size_t digits = strspn(line, "0123456789abcdefABCDEF");

    if (digits < 2 || digits > 8 || line[digits] != ':')
        return NULL;
    *ret = strtoul(line, NULL, 16);
    return line + digits + 1;
}

static int hex_digit(char c)
{
    return !isxdigit((unsigned char)c) ? -1 : isdigit((unsigned char)c) ? c - '0'
                                                                        : (c | 0x20) - 'a' + 10;
}

/* Appends a line's bytes; false when it is malformed or the buffer is full. */
static bool add_bytes(const char *p, struct dumped *d)
{
    size_t len = d->len;

    for (; *(p += strspn(p, " \t\r\n")); p += 2) {
        int high = hex_digit(p[0]), low = high < 0 ? -1 : hex_digit(p[1]);

        if (low < 0 || hex_digit(p[2]) >= 0 || len == CONFIG_SIZE)
            return false;
        d->bytes[len++] = (uint8_t)(high << 4 | low);
    }
    d->len = len;
    return true;
}

/* Starts a function; title: the text after its BDF. */
static int begin(struct config_dump *dump, struct bdf bdf, const char *title)
{
    struct dumped *d;
    uint8_t *bytes = malloc(CONFIG_SIZE);

    if (!bytes || ARRAY_GROW(dump->list, dump->n)) {
        free(bytes);
        return -ENOMEM;
    }
    d = &dump->list[dump->n++];
    *d = (struct dumped){ .bdf = bdf, .bytes = bytes };
    title += strspn(title, " \t");
    snprintf(d->title, sizeof(d->title), "%.*s", (int)strcspn(title, "\r\n"), title);
    return 0;
}

/* Ends the last function; most have 256 bytes, so the buffer is shrunk. */
static void end(struct config_dump *dump)
{
    struct dumped *d = dump->n ? &dump->list[dump->n - 1] : NULL;
    uint8_t *shorter = d ? realloc(d->bytes, d->len ? d->len : 1) : NULL;

    if (shorter)
        d->bytes = shorter;
}

static int by_bdf(const void *a, const void *b)
{
    return bdf_compare(((const struct dumped *)a)->bdf, ((const struct dumped *)b)->bdf);
}

static void unite(struct config_dump *dump)
{
    size_t kept = 0;

    for (size_t i = 0; i < dump->n; i++) {
        if (kept && !by_bdf(&dump->list[kept - 1], &dump->list[i]))
            free(dump->list[--kept].bytes);
        dump->list[kept++] = dump->list[i];
    }
    dump->n = kept;
}

int config_dump_read(struct config_dump *dump, FILE *f)
{
    AUTO_FREE char *line = NULL;
    size_t size = 0;
    bool open = false;
    int r = 0;

    *dump = (struct config_dump){ .n = 0 };
    for (unsigned number = 1; !r && getline(&line, &size, f) >= 0; number++) {
        unsigned long offset;
        const char *bytes;
        struct bdf bdf;

        if (line_bdf(line, &bdf)) {
            end(dump);
            r = begin(dump, bdf, line + strcspn(line, " \t\r\n"));
            open = true;
            continue;
        }
        bytes = open ? line_offset(line, &offset) : NULL;
        if (!bytes)
            continue;
        if (offset != dump->list[dump->n - 1].len ||
            !add_bytes(bytes, &dump->list[dump->n - 1])) {
            open = false;
            if (!dump->bad_line)
                dump->bad_line = number;
        }
    }
    end(dump);
    if (dump->n)
        qsort(dump->list, dump->n, sizeof(*dump->list), by_bdf);
    unite(dump);
    return r;
}

void config_dump_clear(struct config_dump *dump)
{
    for (size_t i = 0; i < dump->n; i++)
        free(dump->list[i].bytes);
    free(dump->list);
    *dump = (struct config_dump){ .n = 0 };
}

const struct dumped *config_dump_find(const struct config_dump *dump, struct bdf bdf)
{
    struct dumped key = { .bdf = bdf };

    return dump->n ? bsearch(&key, dump->list, dump->n, sizeof(key), by_bdf) : NULL;
}
