/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

__attribute__((format(printf, 2, 0)))
static void print(FILE *f, const char *fmt, va_list ap)
{
    AUTO_FREE char *line = NULL, *copy = NULL;

    if (vasprintf(&line, fmt, ap) < 0)
        line = NULL; /* asprintf() leaves it undefined on failure */
    /* One call, so that other writers' text does not come between. */
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

size_t out_width(void)
{
    const char *columns = getenv("COLUMNS");
    char *end;
    unsigned long value = columns ? strtoul(columns, &end, 10) : 0;
    struct winsize size = { .ws_col = 0 };

    if (columns && *columns && !*end && value && value < 10000)
        return value;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

/* The length of the words that fit into `room` columns; at least one word. */
static size_t line_length(const char *text, size_t room)
{
    size_t len = strcspn(text, " ");

    for (;;) {
        size_t next = len + strspn(text + len, " ");

        next += strcspn(text + next, " ");
        if (next == len || next > room)
            return len;
        len = next;
    }
}

void out_paragraph(size_t indent, const char *fmt, ...)
{
    size_t width = out_width(), room = width;
    AUTO_FREE char *text = NULL;
    const char *p;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    for (p = text; p && *p; room = width > indent ? width - indent : 1) {
        size_t len = width ? line_length(p, room) : strlen(p);

        out_line("%*s%.*s", p == text ? 0 : (int)indent, "", (int)len, p);
        p += len;
        p += strspn(p, " ");
    }
}

static const char reader_gone[] = "reader-gone";

int out_error(int r, struct err *e)
{
    err_sys(e, XV_FAILED, -r, "write standard output");
    if (r == -EPIPE)
        err_kind(e, reader_gone);
    return r;
}

bool out_reader_gone(const struct err *e)
{
    return e->kind == reader_gone;
}
