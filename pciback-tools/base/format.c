/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/format.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 6

struct format_text format_text(const struct format *f, unsigned version)
{
    struct format_text text;

    snprintf(text.s, sizeof(text.s), "%s/%u", f->name, version);
    return text;
}

static bool read_number(const char *text, unsigned *ret)
{
    size_t n = strspn(text, "0123456789");

    *ret = 0;
    if (!n || n > DIGITS_MAX || text[n] || *text == '0')
        return false;
    for (; *text; text++)
        *ret = *ret * 10 + (unsigned)(*text - '0');
    return true;
}

static int refuse(const struct format *f, unsigned is, struct err *e)
{
    int r = err_set(e, XV_REFUSED, EPROTO, "it has version %u, and this xvtd reads ", is);

    if (f->oldest == f->newest)
        err_append(e, "version %u only", f->newest);
    else
        err_append(e, "versions %u to %u", f->oldest, f->newest);
    err_kind(e, "version");
    err_hint(e, is > f->newest ? "upgrade xvtd, or use the release that wrote it"
                               : "use the release of xvtd that wrote it, or the next one");
    return r;
}

int format_read(const struct format *f, const char *text, unsigned *ret, struct err *e)
{
    size_t len = strlen(f->name);
    unsigned version;

    if (!text || strncmp(text, f->name, len) || text[len] != '/' ||
        !read_number(text + len + 1, &version))
        return err_set(e, XV_REFUSED, EBADMSG, "it is not %s", f->what);
    if (version < f->oldest || version > f->newest)
        return refuse(f, version, e);
    *ret = version;
    return 0;
}
