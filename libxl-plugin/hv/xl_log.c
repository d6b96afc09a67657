/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/xl_log.h"

#include <stdio.h>
#include <string.h>

#include "base/out.h"

/* libxl puts "file.c:123:function: " before its text. */
static const char *skip_location(const char *text)
{
    const char *colon = strstr(text, ".c:");
    const char *end;

    if (!colon)
        return text;
    end = strstr(colon, ": ");
    return end ? end + 2 : text;
}

__attribute__((format(printf, 5, 0)))
static void vmessage(xentoollog_logger *logger, xentoollog_level level, int errnoval,
                     const char *context, const char *format, va_list al)
{
    struct xl_log *log = (struct xl_log *)logger;
    char text[512];

    vsnprintf(text, sizeof(text), format, al);
    if (errnoval >= 0) {
        size_t len = strlen(text);

        snprintf(text + len, sizeof(text) - len, ": %s", strerror(errnoval));
    }
    if (log->verbose && level >= XTL_DETAIL)
        out_note("%s: %s: %s", context ? context : "xen", xtl_level_to_string(level), text);
    if (level >= XTL_ERROR && !log->cause[0])
        snprintf(log->cause, sizeof(log->cause), "%.*s", (int)sizeof(log->cause) - 1,
                 skip_location(text));
}

static void progress(xentoollog_logger *logger, const char *context, const char *doing_what,
                     int percent, unsigned long done, unsigned long total)
{
    (void)logger, (void)context, (void)doing_what, (void)percent, (void)done, (void)total;
}

static void destroy(xentoollog_logger *logger)
{
    (void)logger;
}

void xl_log_init(struct xl_log *log, bool verbose)
{
    *log = (struct xl_log){
        .vtable = { .vmessage = vmessage, .progress = progress, .destroy = destroy },
        .verbose = verbose,
    };
}

void xl_log_mark(struct xl_log *log)
{
    log->cause[0] = '\0';
}
