/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "migrate/after.h"

#include <stdio.h>
#include <string.h>

enum after after_migration(const struct hv_domain *domains, size_t n, const char *uuid,
                           const char *name, const struct hv_domain **dom, char why[256])
{
    *dom = NULL;
    *why = '\0';
    for (size_t i = 0; i < n; i++)
        if (!strcmp(domains[i].uuid, uuid))
            *dom = &domains[i];
    if (!*dom)
        return AFTER_GONE;
    if (strcmp((*dom)->name, name))
        snprintf(why, 256, "its name is now '%s'", (*dom)->name);
    else if ((*dom)->paused)
        snprintf(why, 256, "it is paused");
    else if ((*dom)->suspended)
        snprintf(why, 256, "it is suspended");
    return *why ? AFTER_UNSURE : AFTER_HERE;
}

void after_cause(const char *says, char *buf, size_t size)
{
    const char *found = NULL;
    bool is_error = false;

    *buf = '\0';
    for (const char *line = says; *line && !is_error;) {
        size_t len = strcspn(line, "\n");
        char text[512];

        snprintf(text, sizeof(text), "%.*s", (int)(len < 511 ? len : 511), line);
        is_error = strstr(text, "error:") != NULL;
        if (is_error || text[strspn(text, " \t\r")])
            found = line;
        line += len + (line[len] == '\n');
    }
    if (!found)
        return;
    snprintf(buf, size, "%.*s", (int)strcspn(found, "\r\n"), found);
    for (char *p = buf; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
}
