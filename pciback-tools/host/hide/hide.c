/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide/hide.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* The kernel's isspace() (lib/ctype.c) includes Latin-1's no-break space. */
#define BLANKS " \t\n\v\f\r\xa0"

/* The kernel's %x: skips blanks, allows 0x, wraps at 2^32, takes no sign. */
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
 * The kernel's sscanf() for these formats: `x` is a number, a blank any white space, and other
 * characters are literal.  Returns the number of numbers read; sets *end when all matched.
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

/* Reads one entry at p, or returns NULL; tries formats in the driver's order. */
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
    /* The driver stores ints and uses -1 for any, so any other negative number also means any. */
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
        list[found].offset = (size_t)(p - value);
        list[found++].len = (size_t)(end - p);
        p = end;
    }
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

__attribute__((format(printf, 4, 5)))
static void blame(struct hide_fault *fault, const char *value, const char *at, const char *fmt,
                  ...)
{
    va_list ap;

    fault->at = (size_t)(at - value);
    va_start(ap, fmt);
    vsnprintf(fault->why, sizeof(fault->why), fmt, ap);
    va_end(ap);
}

/* Finds the first wrong field of an entry. */
static void explain_entry(const char *value, const char *p, struct hide_fault *fault)
{
    static const struct {
        const char *name;
        uint32_t max;
        char after;
    } fields[] = {
        { "segment", 0xffff, ':' }, { "bus", 0xff, ':' }, { "slot", 0x1f, '.' },
        { "function", 7, ')' },
    };
    const char *open = p - 1;
    bool any_slot = false;
    size_t colons = 0;

    for (const char *q = p; *q && *q != '.' && *q != ')'; q++)
        colons += *q == ':';
    if (colons < 1 || colons > 2) {
        blame(fault, value, open, "an entry is ([SEGMENT:]BUS:SLOT.FUNCTION)");
        return;
    }
    for (size_t n = 2 - colons; n < ARRAY_LEN(fields); n++) {
        const char *field = p + strspn(p, BLANKS);
        uint32_t number = 0;

        if (*p == '*' && n >= 2) {
            any_slot |= n == 2;
            p++;
        } else if (!scan_hex(&p, &number)) {
            blame(fault, value, p, "expected the %s in hexadecimal%s", fields[n].name,
                  n >= 2 ? " or *" : "");
            return;
        } else if (number > fields[n].max && !(n >= 2 && number > INT32_MAX)) {
            blame(fault, value, field, "%s %x is over %x", fields[n].name, number,
                  fields[n].max);
            return;
        } else if (n == 3 && any_slot) {
            blame(fault, value, field, "slot * needs function *");
            return;
        }
        if (*p != fields[n].after) {
            blame(fault, value, p, "expected '%c' after the %s", fields[n].after,
                  fields[n].name);
            return;
        }
        p++;
    }
    blame(fault, value, open, "an entry is ([SEGMENT:]BUS:SLOT.FUNCTION)");
}

static void explain(const char *value, struct hide_fault *fault)
{
    const char *p = value + fault->offset;

    p += strspn(p, BLANKS);
    if (!*p)
        blame(fault, value, p, "blanks alone are not an entry");
    else if (*p == ',' || *p == ';')
        blame(fault, value, p, "'%c' does not belong between entries", *p);
    else if (*p == '\\')
        blame(fault, value, p, "a backslash does not belong in the value");
    else if (*p == '"' || *p == '\'' || *p == '\xe2')
        blame(fault, value, p, "quotes do not belong in the value");
    else if (*p != '(')
        blame(fault, value, p, "expected '(' before an address");
    else
        explain_entry(value, p + 1, fault);
}

int hide_check(const char *value, struct hide_entry **ret, size_t *n, struct hide_fault *fault)
{
    size_t len = strlen(value);
    int r;

    if (len > HIDE_VALUE_MAX) {
        fault->offset = HIDE_VALUE_MAX;
        blame(fault, value, value + HIDE_VALUE_MAX,
              "%zu characters, but the kernel takes at most %d", len, HIDE_VALUE_MAX);
        return -EINVAL;
    }
    r = hide_parse(value, ret, n, &fault->offset);
    if (r == -EINVAL)
        explain(value, fault);
    return r;
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
