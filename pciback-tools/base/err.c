/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const code_kinds[] = {
    [XV_OK] = "ok",
    [XV_FAILED] = "failed",
    [XV_USAGE] = "usage",
    [XV_REFUSED] = "refused",
    [XV_NOT_FOUND] = "not-found",
    [XV_INCOMPLETE] = "incomplete",
    [XV_CANNOT] = "environment",
};

__attribute__((format(printf, 3, 0)))
static void fill(struct err *e, enum exit_code code, const char *fmt, va_list ap)
{
    e->code = code;
    e->kind = code_kinds[code];
    e->hint[0] = e->object[0] = '\0';
    vsnprintf(e->message, sizeof(e->message), fmt, ap);
}

int err_set(struct err *e, enum exit_code code, int errnum, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fill(e, code, fmt, ap);
    va_end(ap);
    return errnum ? -errnum : -EINVAL;
}

int err_sys(struct err *e, enum exit_code code, int errnum, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fill(e, code, fmt, ap);
    va_end(ap);
    err_append(e, ": %s", strerror(errnum));
    return errnum ? -errnum : -EINVAL;
}

int err_on(struct err *e, enum exit_code code, int errnum, const char *object, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fill(e, code, fmt, ap);
    va_end(ap);
    err_object(e, object);
    return errnum ? -errnum : -EINVAL;
}

int err_sys_on(struct err *e, enum exit_code code, int errnum, const char *object, const char *fmt,
               ...)
{
    va_list ap;

    va_start(ap, fmt);
    fill(e, code, fmt, ap);
    va_end(ap);
    err_object(e, object);
    err_append(e, ": %s", strerror(errnum));
    return errnum ? -errnum : -EINVAL;
}

int err_nomem(struct err *e)
{
    return err_set(e, XV_FAILED, ENOMEM, "out of memory");
}

void err_about(struct err *e, const char *object)
{
    snprintf(e->object, sizeof(e->object), "%s", object);
}

void err_object(struct err *e, const char *object)
{
    if (*e->object)
        return;
    err_prefix(e, "%s", object);
    err_about(e, object);
}

const char *err_cause(const struct err *e, const char *object)
{
    size_t len = strlen(object);
    bool first = !strcmp(e->object, object) && !strncmp(e->message, object, len) &&
                 !strncmp(e->message + len, ": ", 2);

    return first ? e->message + len + 2 : e->message;
}

void err_hint(struct err *e, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
    va_end(ap);
}

void err_prefix(struct err *e, const char *fmt, ...)
{
    char old[sizeof(e->message)];
    size_t len;
    va_list ap;

    memcpy(old, e->message, sizeof(old));
    va_start(ap, fmt);
    vsnprintf(e->message, sizeof(e->message), fmt, ap);
    va_end(ap);
    len = strlen(e->message);
    snprintf(e->message + len, sizeof(e->message) - len, ": %s", old);
}

void err_append(struct err *e, const char *fmt, ...)
{
    size_t len = strlen(e->message);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(e->message + len, sizeof(e->message) - len, fmt, ap);
    va_end(ap);
}

void err_kind(struct err *e, const char *kind)
{
    e->kind = kind;
}

int array_grow(void **array, size_t n, size_t size)
{
    void *grown;

    if (n && (n & (n - 1))) /* the capacity is a power of two: there is room */
        return 0;
    grown = reallocarray(*array, n ? n * 2 : 1, size);
    if (!grown)
        return -ENOMEM;
    *array = grown;
    return 0;
}
