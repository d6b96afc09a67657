/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "cleanup.h"

/* The kernel's isspace() (lib/ctype.c) has Latin-1's no-break space as well. */
#define BLANKS " \t\n\v\f\r\xa0"

/* The kernel's %x: blanks before it, 0x allowed, modulo 2^32, no sign. */
static bool scan_hex(const char **p, uint32_t *ret)
{
    uint32_t value = 0;

    *p += strspn(*p, BLANKS);
    if (!isxdigit((unsigned char)**p))
        return false;
    if ((*p)[0] == '0' && ((*p)[1] | 0x20) == 'x')
        *p += 2;
    for (; isxdigit((unsigned char)**p); (*p)++) {
        int c = tolower((unsigned char)**p);

        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret = value;
    return true;
}

/*
 * The kernel's sscanf() for these formats: `x` is a number, a blank any white space,
 * all else itself.  Returns the numbers read; *end is set when all of it matched.
 */
static int scan(const char *p, const char *format, uint32_t *numbers, const char **end)
{
    int n = 0;

    *end = NULL;
    for (; *format; format++) {
        if (*format == 'x') {
            if (!scan_hex(&p, &numbers[n]))
                return n;
            n++;
        } else if (*format == ' ') {
            p += strspn(p, BLANKS);
        } else if (*p++ != *format) {
            return n;
        }
    }
    *end = p;
    return n;
}

/* One entry at p, or NULL; the order of attempts is the driver's. */
static const char *scan_entry(const char *p, struct hide_entry *ret)
{
    struct hide_entry entry = { .any_slot = false };
    uint32_t v[4] = { 0 };  /* segment, bus, slot, function */
    const char *end;

    switch (scan(p, " (x:x:x.x) ", v, &end)) {
    case 3:
        entry.any_func = true;
        scan(p, " (x:x:x.*) ", v, &end);
        break;
    case 2:
        entry.any_slot = entry.any_func = true;
        scan(p, " (x:x:*.*) ", v, &end);
        break;
    }
    if (!end) {
        v[0] = 0;
        entry.any_slot = entry.any_func = false;
        switch (scan(p, " (x:x.x) ", v + 1, &end)) {
        case 2:
            entry.any_func = true;
            scan(p, " (x:x.*) ", v + 1, &end);
            break;
        case 1:
            entry.any_slot = entry.any_func = true;
            scan(p, " (x:*.*) ", v + 1, &end);
            break;
        }
    }
    if (!end)
        return NULL;
    /* The driver keeps them as ints, with -1 for any: so is any other negative number. */
    entry.any_slot |= v[2] > INT32_MAX;
    entry.any_func |= v[3] > INT32_MAX;
    if (v[0] > 0xffff || v[1] > 0xff || (!entry.any_slot && v[2] > 0x1f) ||
        (!entry.any_func && v[3] > 7))
        return NULL;
    entry.bdf = (struct bdf){ v[0], (uint8_t)v[1], entry.any_slot ? 0 : (uint8_t)v[2],
                              entry.any_func ? 0 : (uint8_t)v[3] };
    *ret = entry;
    return end;
}

int hide_parse(const char *value, struct hide_entry **ret, size_t *n, size_t *offset)
{
    AUTO_FREE struct hide_entry *list = NULL;
    const char *p = value;
    size_t found = 0;

    *offset = 0;
    while (*p) {
        const char *end;

        if (ARRAY_GROW(list, found))
            return -ENOMEM;
        end = scan_entry(p, &list[found]);
        if (!end) {
            *offset = (size_t)(p - value);
            return -EINVAL;
        }
        list[found++].offset = (size_t)(p - value);
        p = end;
    }
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

bool hide_matches(const struct hide_entry *entry, struct bdf bdf)
{
    return entry->bdf.segment == bdf.segment && entry->bdf.bus == bdf.bus &&
           (entry->any_slot || entry->bdf.slot == bdf.slot) &&
           (entry->any_func || entry->bdf.func == bdf.func);
}

bool hide_at_boot(const struct root *root, struct bdf bdf)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    char value[4096], override[64];
    size_t n = 0, offset;

    if (root_readf(root, override, sizeof(override), "sys/bus/pci/devices/%s/driver_override",
                   BDF_STR(bdf)) > 0 &&
        !strcmp(override, "pciback"))
        return true;
    if (root_readf(root, value, sizeof(value), "sys/module/xen_pciback/parameters/hide") < 0 ||
        !strcmp(value, "(null)") || hide_parse(value, &entries, &n, &offset))
        return false;
    for (size_t i = 0; i < n; i++)
        if (hide_matches(&entries[i], bdf))
            return true;
    return false;
}
