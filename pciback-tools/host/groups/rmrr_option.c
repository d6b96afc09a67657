/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/rmrr_option.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SHIFT 12
#define PAGES_MAX 16ul    /* MAX_USER_RMRR_PAGES */

/* Reads a hexadecimal number and moves *at past it; false without a digit. */
static bool number(const char **at, unsigned long *ret)
{
    char *end;

    if (**at == '\0' || !strchr("0123456789abcdefABCDEF", **at))
        return false;
    *ret = strtoul(*at, &end, 16);
    *at = end;
    return true;
}

/* Reads [S:]B:D.F; without S the segment is the first device's. */
static bool device(const char **at, struct rmrr_option *option)
{
    unsigned long part[4] = { 0 };
    size_t n = 0;
    bool first = !option->n_fns;

    do {
        if (n == 3 || !number(at, &part[n++]))
            return false;
    } while (*(*at)++ == ':');
    if (n < 2 || (*at)[-1] != '.' || !number(at, &part[3]))
        return false;
    if (n == 2) {
        part[2] = part[1];
        part[1] = part[0];
        part[0] = first ? 0 : option->fns[0].segment;
    }
    if (part[0] > 0xffff || part[1] > 0xff || part[2] > 0x1f || part[3] > 7 ||
        option->n_fns == RMRR_OPTION_DEVICES)
        return false;
    option->fns[option->n_fns++] = (struct bdf){
        .segment = (uint32_t)part[0], .bus = (uint8_t)part[1],
        .slot = (uint8_t)part[2], .func = (uint8_t)part[3],
    };
    return first || option->fns[option->n_fns - 1].segment == option->fns[0].segment;
}

static bool range(const char **at, struct rmrr_option *ret)
{
    unsigned long start, end;

    *ret = (struct rmrr_option){ .base = 0 };
    if (!number(at, &start))
        return false;
    end = start;
    if (**at == '-' && (++*at, !number(at, &end)))
        return false;
    if (**at != '=')
        return false;
    do {
        ++*at;
        if (!device(at, ret))
            return false;
    } while (**at == ',');
    ret->base = (uint64_t)start << PAGE_SHIFT;
    ret->end = (((uint64_t)end + 1) << PAGE_SHIFT) - 1;
    return true;
}

int rmrr_option_next(const char **at, struct rmrr_option *ret)
{
    static const char name[] = "rmrr=";
    const char *begin = *at, *p = *at;

    for (;;) {
        if (*p == ';') {
            p++;
        } else {
            p = strstr(p, name);
            while (p && p != begin && p[-1] != ' ')
                p = strstr(p + 1, name);
            if (!p)
                return 0;
            p += strlen(name);
        }
        if (!range(&p, ret)) {
            p += strcspn(p, " ");
        } else if (ret->base <= ret->end && ret->end - ret->base < PAGES_MAX << PAGE_SHIFT) {
            *at = p;
            return 1;
        }
    }
}
