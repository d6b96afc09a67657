/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide/hide_findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "hide/hide.h"

struct findings {
    struct hide_finding *v;
    size_t n;
};

__attribute__((format(printf, 5, 6)))
static int add(struct findings *f, unsigned line, const char *kind, bool error, const char *fmt,
               ...)
{
    struct hide_finding *finding;
    va_list ap;

    if (ARRAY_GROW(f->v, f->n))
        return -ENOMEM;
    finding = &f->v[f->n++];
    *finding = (struct hide_finding){ .line = line, .kind = kind, .error = error };
    va_start(ap, fmt);
    vsnprintf(finding->message, sizeof(finding->message), fmt, ap);
    va_end(ap);
    return 0;
}

/* Checks a value that counts: parts that the kernel does not get or refuses. */
static int judge_value(struct findings *f, const struct hide_given *given)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    struct hide_fault fault;
    size_t n = 0;
    int r;

    if (given->classic && add(f, given->line, "old-name", false, "Linux since 3.1 reads "
                              "xen-pciback.hide=; pciback.hide= is for XenLinux kernels"))
        return -ENOMEM;
    if (given->cut && add(f, given->line, "cut", true, "a blank or a line end cuts the value: "
                          "'%.200s' is not read", given->cut))
        return -ENOMEM;
    r = hide_check(given->value, &entries, &n, &fault);
    if (r != -EINVAL)
        return r;
    return add(f, given->line, "parse-error", true, "offset %zu: %s", fault.at, fault.why);
}

/* A value without effect is a finding only when no value has one. */
static int judge(struct findings *f, const struct hide_given *given,
                 const struct hide_given *last)
{
    static const char *const kinds[] = {
        [HIDE_COMMENTED] = "commented", [HIDE_XEN_LINE] = "xen-line",
        [HIDE_REPLACED] = "replaced", [HIDE_OTHER_MODULE] = "other-module",
        [HIDE_UNQUOTED] = "unquoted",
    };
    char why[HIDE_WHY_MAX];

    if (given->state == HIDE_COUNTS)
        return judge_value(f, given);
    if (given->state == HIDE_COMMENTED && last)
        return 0;
    hide_given_why(given, why);
    return add(f, given->line, kinds[given->state],
               given->state == HIDE_UNQUOTED || (given->state != HIDE_COMMENTED && !last),
               "it has no effect: %s", why);
}

/* Finds the first value that differs from the last one: another menu entry may be booted. */
static int compare(struct findings *f, const struct hide_given *list, size_t n,
                   const struct hide_given *last)
{
    for (size_t i = 0; last && i < n; i++) {
        const struct hide_given *given = &list[i];

        if (given->state != HIDE_COUNTS || !strcmp(given->value, last->value))
            continue;
        if (*given->entry && *last->entry)
            return add(f, given->line, "entries-differ", false, "menu entry '%s' has another "
                       "value than '%s' in line %u", given->entry, last->entry, last->line);
        return add(f, given->line, "entries-differ", false, "line %u has another value, '%.200s'",
                   last->line, last->value);
    }
    return 0;
}

int hide_findings(const struct hide_given *list, size_t n, struct hide_finding **ret,
                  size_t *n_ret)
{
    const struct hide_given *last = hide_given_last(list, n);
    struct findings f = { .n = 0 };
    int r = 0;

    for (size_t i = 0; !r && i < n; i++)
        r = judge(&f, &list[i], last);
    if (!r)
        r = compare(&f, list, n, last);
    if (r) {
        free(f.v);
        return r;
    }
    *ret = f.v;
    *n_ret = f.n;
    return 0;
}
