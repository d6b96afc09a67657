/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_acpi.h"

#include <stdio.h>
#include <string.h>

static void put(struct fake_table *t, size_t at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        t->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static size_t grow(struct fake_table *t, size_t size)
{
    size_t at = t->len;

    memset(t->bytes + at, 0, size);
    t->len += size;
    return at;
}

/* The length of the structure that is open: at its bytes 2 and 3 in both tables. */
static void close_structure(struct fake_table *t)
{
    if (t->open)
        put(t, t->open + 2, t->len - t->open, 2);
}

static size_t begin(struct fake_table *t, size_t size)
{
    close_structure(t);
    t->open = grow(t, size);
    return t->open;
}

void table_begin(struct fake_table *t, const char *signature)
{
    t->len = t->open = 0;
    grow(t, 48);
    memcpy(t->bytes, signature, 4);
    t->bytes[36] = 47;  /* DMAR: host address width 48 */
    t->bytes[37] = 1;   /* interrupt remapping */
}

void table_drhd(struct fake_table *t, unsigned segment, int all)
{
    size_t at = begin(t, 16);

    t->bytes[at + 4] = all ? 1 : 0;
    put(t, at + 6, segment, 2);
    put(t, at + 8, 0xfed90000, 8);
}

void table_rmrr(struct fake_table *t, unsigned segment, uint64_t base, uint64_t end)
{
    size_t at = begin(t, 24);

    t->bytes[at] = 1;
    put(t, at + 6, segment, 2);
    put(t, at + 8, base, 8);
    put(t, at + 16, end, 8);
}

void table_atsr(struct fake_table *t, unsigned segment, int all)
{
    size_t at = begin(t, 8);

    t->bytes[at] = 2;
    t->bytes[at + 4] = all ? 1 : 0;
    put(t, at + 6, segment, 2);
}

void table_scope(struct fake_table *t, unsigned kind, unsigned bus, const char *path)
{
    size_t at = grow(t, 6);
    unsigned slot, func;
    int used;

    t->bytes[at] = (uint8_t)kind;
    t->bytes[at + 5] = (uint8_t)bus;
    while (sscanf(path, "%x.%x%n", &slot, &func, &used) == 2) {
        size_t step = grow(t, 2);

        t->bytes[step] = (uint8_t)slot;
        t->bytes[step + 1] = (uint8_t)func;
        path += used + (path[used] == '/');
    }
    t->bytes[at + 1] = (uint8_t)(t->len - at);
}

void table_ivhd(struct fake_table *t, unsigned type, unsigned id)
{
    size_t at = begin(t, type == 0x10 ? 24 : 40);

    t->bytes[at] = (uint8_t)type;
    put(t, at + 4, id, 2);
    put(t, at + 8, 0xfeb80000, 8);
}

void table_entry(struct fake_table *t, unsigned kind, unsigned id, unsigned used)
{
    size_t at = grow(t, 4u << (kind >> 6));

    t->bytes[at] = (uint8_t)kind;
    put(t, at + 1, id, 2);
    if (kind >= 64)
        put(t, at + 5, used, 2);
}

void table_ivmd(struct fake_table *t, unsigned type, unsigned first, unsigned last,
                uint64_t base, uint64_t size)
{
    size_t at = begin(t, 32);

    t->bytes[at] = (uint8_t)type;
    t->bytes[at + 1] = 7;   /* mapped one to one, read and write */
    put(t, at + 4, first, 2);
    put(t, at + 6, last, 2);
    put(t, at + 16, base, 8);
    put(t, at + 24, size, 8);
}

void table_end(struct fake_table *t)
{
    uint8_t sum = 0;

    close_structure(t);
    put(t, 4, t->len, 4);
    t->bytes[9] = 0;
    for (size_t i = 0; i < t->len; i++)
        sum = (uint8_t)(sum + t->bytes[i]);
    t->bytes[9] = (uint8_t)-sum;
}
