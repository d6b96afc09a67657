/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bdf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FIELDS_MAX 3

static int not_a_bdf(struct err *e, const char *text, const char *why)
{
    int r = err_set(e, XV_USAGE, EINVAL, "'%s' is not a PCI address: %s", text, why);

    err_hint(e, "write it as [SEGMENT:]BUS:SLOT.FUNCTION in hexadecimal, "
                "as lspci prints it: 02:00.0");
    return r;
}

/* Digits that a field can have; Linux makes up segments above ffff. */
#define SEGMENT_WIDTH 8
#define BUS_WIDTH 2
#define SLOT_WIDTH 2
#define FUNC_WIDTH 1

struct field {
    uint32_t value;
    int width;
};

/* Reads hex digits at *p and moves *p past them; false when there are none. */
static bool hex_field(const char **p, struct field *ret)
{
    *ret = (struct field){ 0, 0 };
    for (; isxdigit((unsigned char)**p); (*p)++, ret->width++) {
        int c = tolower((unsigned char)**p);

        ret->value = ret->value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return ret->width > 0;
}

int bdf_parse_pattern(const char *text, struct bdf_pattern *ret, struct err *e)
{
    struct field field[FIELDS_MAX], func = { 0, 0 };
    const struct field *bus, *slot;
    const char *p = text;
    uint32_t segment = 0;
    int n = 0;
    bool all;

    for (;;) {
        if (!hex_field(&p, &field[n++]))
            return not_a_bdf(e, text, "a field is not a hexadecimal number");
        if (*p != ':')
            break;
        if (n == FIELDS_MAX)
            return not_a_bdf(e, text, "it has too many colons");
        p++;
    }
    if (n < 2)
        return not_a_bdf(e, text, "the bus is missing");
    if (*p++ != '.')
        return not_a_bdf(e, text, "the function is missing");
    all = !strcmp(p, "*");
    if (!all && (!hex_field(&p, &func) || *p))
        return not_a_bdf(e, text, "the function is not a digit from 0 to 7");

    bus = &field[n - 2];
    slot = &field[n - 1];
    if (n == FIELDS_MAX) {
        if (field[0].width > SEGMENT_WIDTH)
            return not_a_bdf(e, text, "the segment is over ffffffff");
        segment = field[0].value;
    }
    if (bus->width > BUS_WIDTH)
        return not_a_bdf(e, text, "the bus is over ff");
    if (slot->width > SLOT_WIDTH || slot->value > 0x1f)
        return not_a_bdf(e, text, "the slot is over 1f");
    if (func.width > FUNC_WIDTH || func.value > 7)
        return not_a_bdf(e, text, "the function is over 7");

    *ret = (struct bdf_pattern){
        .bdf = { segment, (uint8_t)bus->value, (uint8_t)slot->value, (uint8_t)func.value },
        .all = all,
    };
    return 0;
}

int bdf_parse(const char *text, struct bdf *ret, struct err *e)
{
    struct bdf_pattern pattern;
    int r = bdf_parse_pattern(text, &pattern, e);

    if (r)
        return r;
    if (pattern.all)
        return not_a_bdf(e, text, "one function is needed here, not '*'");
    *ret = pattern.bdf;
    return 0;
}

/* Exactly `digits` hexadecimal digits. */
static bool hex(const char *p, size_t digits, uint32_t *ret)
{
    uint32_t value = 0;

    for (size_t i = 0; i < digits; i++) {
        unsigned char c = (unsigned char)p[i];

        if (c >= '0' && c <= '9')
            value = value << 4 | (c - (uint32_t)'0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (c - (uint32_t)'a' + 10);
        else
            return false;
    }
    *ret = value;
    return true;
}

bool bdf_from_sysfs(const char *text, size_t len, struct bdf *ret)
{
    const size_t tail = strlen(":00:00.0");
    uint32_t segment, bus, slot, func;
    const char *p;

    if (len < 4 + tail || len > 8 + tail)
        return false;
    p = text + len - tail;
    if (p[0] != ':' || p[3] != ':' || p[6] != '.' || !hex(text, len - tail, &segment) ||
        !hex(p + 1, 2, &bus) || !hex(p + 4, 2, &slot) || !hex(p + 7, 1, &func) || slot > 0x1f ||
        func > 7)
        return false;
    *ret = (struct bdf){ segment, (uint8_t)bus, (uint8_t)slot, (uint8_t)func };
    return true;
}

struct bdf_text bdf_text(struct bdf bdf)
{
    struct bdf_text t;

    snprintf(t.s, sizeof(t.s), "%04x:%02x:%02x.%x", (unsigned)bdf.segment, bdf.bus,
             bdf.slot & 0x1f, bdf.func & 7u);
    return t;
}

int bdf_compare(struct bdf a, struct bdf b)
{
    if (a.segment != b.segment)
        return a.segment < b.segment ? -1 : 1;
    if (a.bus != b.bus)
        return a.bus - b.bus;
    if (a.slot != b.slot)
        return a.slot - b.slot;
    return a.func - b.func;
}

int bdf_compare_p(const void *a, const void *b)
{
    return bdf_compare(*(const struct bdf *)a, *(const struct bdf *)b);
}

bool bdf_equal(struct bdf a, struct bdf b)
{
    return bdf_compare(a, b) == 0;
}

bool bdf_same_slot(struct bdf a, struct bdf b)
{
    a.func = b.func = 0;
    return bdf_equal(a, b);
}

bool bdf_in(const struct bdf *list, size_t n, struct bdf bdf)
{
    for (size_t i = 0; i < n; i++)
        if (bdf_equal(list[i], bdf))
            return true;
    return false;
}

int bdf_add_once(struct bdf **list, size_t *n, struct bdf bdf, struct err *e)
{
    if (bdf_in(*list, *n, bdf))
        return 0;
    if (ARRAY_GROW(*list, *n))
        return err_nomem(e);
    (*list)[(*n)++] = bdf;
    return 0;
}

bool bdf_matches(struct bdf_pattern pattern, struct bdf bdf)
{
    return pattern.all ? bdf_same_slot(pattern.bdf, bdf) : bdf_equal(pattern.bdf, bdf);
}

bool vslot_like(const char *text)
{
    size_t n;

    if (!strncmp(text, "0x", 2))
        text += 2;
    n = strlen(text);
    return n >= 1 && n <= 2 && strspn(text, "0123456789abcdef") == n;
}

int vslot_parse(const char *text, unsigned *ret, struct err *e)
{
    unsigned long value;
    int r;

    if (!vslot_like(text))
        return err_set(e, XV_USAGE, EINVAL, "'%s' is not a virtual slot: "
                       "expected a hexadecimal number from 1 to 1f", text);
    value = strtoul(text, NULL, 16);
    if (value == 0) {
        r = err_set(e, XV_USAGE, EINVAL, "'%s' is not a virtual slot: "
                    "slot 0 is the guest's host bridge", text);
        err_hint(e, "for automatic placement leave the slot out");
        return r;
    }
    if (value > VSLOT_MAX)
        return err_set(e, XV_USAGE, EINVAL, "'%s' is not a virtual slot: "
                       "a PCI bus ends at slot 1f", text);
    *ret = (unsigned)value;
    return 0;
}
