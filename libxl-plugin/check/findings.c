/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

__attribute__((format(printf, 5, 0)))
static void add(struct findings *f, enum finding_status status, const char *name,
                const char *object, const char *fmt, va_list ap)
{
    struct finding *finding;

    if (f->failed || ARRAY_GROW(f->list, f->n)) {
        f->failed = -ENOMEM;
        return;
    }
    finding = &f->list[f->n++];
    *finding = (struct finding){ .name = name, .status = status };
    snprintf(finding->object, sizeof(finding->object), "%s", object);
    vsnprintf(finding->message, sizeof(finding->message), fmt, ap);
}

void finding_ok(struct findings *f, const char *name, const char *object, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(f, FINDING_OK, name, object, fmt, ap);
    va_end(ap);
}

void finding_add(struct findings *f, enum finding_status status, const char *name,
                 const char *object, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(f, status, name, object, fmt, ap);
    va_end(ap);
}

void finding_remedy(struct findings *f, const char *fmt, ...)
{
    va_list ap;

    if (f->failed || !f->n)
        return;
    va_start(ap, fmt);
    vsnprintf(f->list[f->n - 1].remedy, sizeof(f->list->remedy), fmt, ap);
    va_end(ap);
}

void finding_refusal(struct findings *f, const char *name, const char *object,
                     const struct err *refusal)
{
    finding_add(f, FINDING_FAIL, name, object, "%s", err_cause(refusal, object));
    finding_remedy(f, "%s", refusal->hint);
}

size_t findings_count(const struct findings *f, enum finding_status status)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n; i++)
        n += f->list[i].status == status;
    return n;
}
