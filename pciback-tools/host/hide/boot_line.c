/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide/boot_line.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

#define BLANKS " \t\r\v\f"

/* The quote that is open at `end` of a shell's text, or 0. */
static char open_quote(const char *text, size_t end)
{
    char quote = 0;

    for (size_t i = 0; i < end; i++) {
        if (!quote && text[i] == '#' && i && strchr(BLANKS, text[i - 1]))
            return 0;
        if (text[i] == '\\' && quote != '\'' && i + 1 < end)
            i++;
        else if (quote && text[i] == quote)
            quote = 0;
        else if (!quote && (text[i] == '"' || text[i] == '\''))
            quote = text[i];
    }
    return quote;
}

static void parse_command(struct boot_line *l)
{
    static const char *const loader[] = { "multiboot", "multiboot2", "module", "module2", "linux",
                                          "linux16", "linuxefi", "kernel", "xen_hypervisor",
                                          "xen_module", "append", "chainloader" };
    const char *p = l->text + strspn(l->text, BLANKS), *end;

    l->comment = *p == '#';
    p += strspn(p, "#" BLANKS);
    if (!strncmp(p, "export ", 7))
        p += 7 + strspn(p + 7, BLANKS);
    for (end = p; isalnum((unsigned char)*end) || *end == '_' || *end == '-'; end++)
        ;
    snprintf(l->command, sizeof(l->command), "%.*s", (int)(end - p), p);
    l->command_at = (size_t)(p - l->text);
    l->assignment = end > p && (*end == '=' || (*end == '+' && end[1] == '='));
    l->after = (size_t)(end - l->text) + (l->assignment ? strspn(end, "+=") : 0);
    /* GRUB adds BOOT_IMAGE= to command lines, which no shell reads */
    l->shell = l->assignment && isupper((unsigned char)*p) && strcmp(l->command, "BOOT_IMAGE");
    l->grub = false;
    for (size_t i = 0; !l->assignment && i < ARRAY_LEN(loader); i++)
        l->grub |= !strcasecmp(l->command, loader[i]);
}

/* Appends one line of the file, without its line end, to text. */
static int append(struct boot_line *l, bool newline)
{
    size_t len = l->text ? strlen(l->text) : 0, more = strcspn(l->next, "\n");
    char *grown = realloc(l->text, len + more + 2);

    if (!grown)
        return -ENOMEM;
    l->text = grown;
    if (newline)
        grown[len++] = '\n';
    memcpy(grown + len, l->next, more);
    grown[len + more] = '\0';
    l->next += more + (l->next[more] == '\n');
    return 0;
}

static bool ends_in_backslash(const char *text)
{
    size_t len = strlen(text), n = 0;

    while (n < len && text[len - 1 - n] == '\\')
        n++;
    return n % 2;
}

int boot_line_next(struct boot_line *l)
{
    free(l->text);
    l->text = NULL;
    l->number += (unsigned)l->n_joints + 1;
    l->n_joints = 0;
    if (!*l->next)
        return 0;
    if (append(l, false))
        return -ENOMEM;
    parse_command(l);
    while (*l->next && !l->comment && l->n_joints < BOOT_JOINTS_MAX) {
        bool joined = ends_in_backslash(l->text);

        if (!joined && !(l->shell && open_quote(l->text, strlen(l->text))))
            break;
        if (joined)
            l->text[strlen(l->text) - 1] = '\0';
        l->joints[l->n_joints++] = strlen(l->text);
        if (append(l, !joined))
            return -ENOMEM;
    }
    parse_command(l);
    return 1;
}

void boot_line_clear(struct boot_line *line)
{
    free(line->text);
    line->text = NULL;
}

unsigned boot_line_number(const struct boot_line *line, size_t at)
{
    unsigned number = line->number;

    for (size_t i = 0; i < line->n_joints; i++)
        number += line->joints[i] <= at;
    return number;
}

/* The kernel does not know single quotes: on its command line they are part of the value. */
static bool ends_value(const struct boot_line *l, char c)
{
    return c == '"' || (c == '\'' && (l->shell || l->grub));
}

char *boot_line_value(const struct boot_line *l, size_t at, size_t *end, bool *shell_stops)
{
    char quote = open_quote(l->text, at), inner = 0;
    bool bare = l->shell && !quote;
    char *value = malloc(strlen(l->text + at) + 1), *to = value;
    size_t i = at;

    if (!value)
        return NULL;
    *shell_stops = false;
    if (l->text[i] == '"' && quote != '"')
        inner = l->text[i++]; /* the kernel removes it as well */
    for (; l->text[i]; i++) {
        char c = l->text[i];

        if ((inner && c == inner) || (!inner && strchr(BLANKS "\n", c)) ||
            (quote && c == quote) || (!quote && !inner && ends_value(l, c)))
            break;
        if (c == '\\' && (bare || l->grub) && l->text[i + 1] && !inner)
            c = l->text[++i];
        else if (bare && !inner && strchr("()", c))
            *shell_stops = true;
        *to++ = c;
    }
    *to = '\0';
    *end = i + (inner && l->text[i] == inner);
    return value;
}

bool boot_line_title(const struct boot_line *l, char *buf, size_t size)
{
    const char *p = l->text + l->after + strspn(l->text + l->after, BLANKS);
    const char *quote = strchr("'\"", *p);

    if (l->comment || l->assignment ||
        (strcmp(l->command, "menuentry") && strcmp(l->command, "title") &&
         strcasecmp(l->command, "label")))
        return false;
    if (*p && quote)
        snprintf(buf, size, "%.*s", (int)strcspn(p + 1, (char[]){ *quote, '\0' }), p + 1);
    else
        snprintf(buf, size, "%s", p);
    return true;
}
