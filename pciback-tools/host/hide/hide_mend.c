/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Corrects a value that the kernel refuses. */
#include "hide/hide.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* The number of fields of an address. */
#define FIELDS_MAX 4

static bool separates(char c)
{
    return (unsigned char)c >= 0x80 || strchr(" \t\r\n,;()[]{}'\"\\`", c);
}

static void print_entry(FILE *f, const struct hide_entry *entry)
{
    fputc('(', f);
    if (entry->bdf.segment)
        fprintf(f, "%04x:", (unsigned)entry->bdf.segment);
    fprintf(f, "%02x:", entry->bdf.bus);
    if (entry->any_slot)
        fputs("*.*)", f);
    else if (entry->any_func)
        fprintf(f, "%02x.*)", entry->bdf.slot);
    else
        fprintf(f, "%02x.%x)", entry->bdf.slot, entry->bdf.func);
}

/* Writes one address of len bytes as an entry with the right separators. */
static bool mend_entry(FILE *f, const char *p, size_t len)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    char field[FIELDS_MAX][8], text[64];
    size_t n = 0, used = 0, found, offset;

    for (size_t i = 0; i <= len; i++) {
        bool end = i == len || strchr(":.", p[i]);

        if (!end && (used + 1 == sizeof(field[0]) || n == FIELDS_MAX))
            return false;
        if (!end) {
            field[n][used++] = p[i];
            continue;
        }
        if (!used || n == FIELDS_MAX)
            return false;
        field[n++][used] = '\0';
        used = 0;
    }
    if (n == FIELDS_MAX && field[0][strspn(field[0], "0")])
        snprintf(text, sizeof(text), "(%s:%s:%s.%s)", field[0], field[1], field[2], field[3]);
    else if (n >= FIELDS_MAX - 1)
        snprintf(text, sizeof(text), "(%s:%s.%s)", field[n - 3], field[n - 2], field[n - 1]);
    else
        return false;
    if (hide_parse(text, &entries, &found, &offset))
        return false;
    print_entry(f, &entries[0]);
    return true;
}

char *hide_mend(const char *value)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    struct hide_fault fault;
    char *text = NULL;
    size_t size, n;
    FILE *f = open_memstream(&text, &size);
    bool ok = true, any = false;

    if (!f)
        return NULL;
    for (const char *p = value; ok && *p;) {
        size_t len = 0;

        while (p[len] && !separates(p[len]))
            len++;
        if (len)
            any = ok = mend_entry(f, p, len);
        p += len + (p[len] != '\0');
    }
    if (fclose(f) || !ok || !any || hide_check(text, &entries, &n, &fault)) {
        free(text);
        return NULL;
    }
    return text;
}
