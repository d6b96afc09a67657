/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"

__attribute__((format(printf, 2, 0)))
static void print(FILE *f, const char *fmt, va_list ap)
{
    AUTO_FREE char *line = NULL, *copy = NULL;

    if (vasprintf(&line, fmt, ap) < 0)
        line = NULL; /* its value is undefined then */
    /* in one call: others may write to a terminal, too */
    if (line)
        fprintf(f, "%s\n", text_clean(line, false, &copy));
}

void out_line(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print(stdout, fmt, ap);
    va_end(ap);
}

void out_note(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print(stderr, fmt, ap);
    va_end(ap);
}

int out_text_to(FILE *f, const char *text)
{
    AUTO_FREE char *copy = NULL;
    const char *clean = text_clean(text, true, &copy);

    if (clean != text && !copy)
        return -ENOMEM;
    errno = 0;
    return fputs(clean, f) < 0 || fflush(f) ? -(errno ? errno : EIO) : 0;
}

int out_text(const char *text)
{
    return out_text_to(stdout, text);
}
