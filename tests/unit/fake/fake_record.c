/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_record.h"

#include <stdio.h>
#include <stdlib.h>

/* Separated as ASCII has it (RS, US, GS). */
void record_document(int argc, char *const *argv, int code, const char *out)
{
    const char *path = getenv("XVTD_DOCUMENTS");
    FILE *f = path && *out == '{' ? fopen(path, "a") : NULL;

    if (!f)
        return;
    fprintf(f, "\x1e");
    for (int i = 0; i < argc; i++)
        fprintf(f, "%s%s", i ? "\x1f" : "", argv[i]);
    fprintf(f, "\x1d%d\x1d%s", code, out);
    fclose(f);
}

void record_prose(const char *program, const char *text)
{
    const char *path = getenv("XVTD_PROSE");
    FILE *f = path && *text ? fopen(path, "a") : NULL;

    if (!f)
        return;
    fprintf(f, "\x1e%s\x1f%s\n", program, text);
    fclose(f);
}

void record_error(const char *program, const char *command, const struct err *e)
{
    char text[sizeof(e->message) + sizeof(e->hint) + 100];

    snprintf(text, sizeof(text), "%s: %s: %s%s%s", program, command, e->message,
             *e->hint ? "\nhint: " : "", e->hint);
    record_prose(program, text);
}
