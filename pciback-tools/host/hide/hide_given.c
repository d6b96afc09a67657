/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide/hide_given.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "hide/boot_line.h"

#define NAME "pciback.hide="
#define BLANKS " \t\r\v\f"

struct reader {
    struct hide_given *list;
    size_t n, line_begins; /* line_begins: n where the line at hand begins */
    char entry[sizeof(((struct hide_given *)0)->entry)];
    bool replace[2];    /* GRUB_CMDLINE_LINUX_XEN_REPLACE, and ..._DEFAULT, are not empty */
    bool nomem;
};

static bool has_word(const struct boot_line *l, const char *word)
{
    return !strcmp(l->command, word);
}

/* True when the command's first operand, without its folder, begins with name. */
static bool program_begins(const struct boot_line *l, const char *name)
{
    const char *p = l->text + l->after, *end, *base;

    p += strspn(p, BLANKS);
    end = p + strcspn(p, BLANKS);
    base = end;
    while (base > p && base[-1] != '/')
        base--;
    return !strncmp(base, name, strlen(name));
}

/* True in Xen's part of syslinux: append xen.gz ... --- vmlinuz ... --- initrd */
static bool before_dashes(const struct boot_line *l, size_t at)
{
    const char *dashes = strstr(l->text, "---");

    return dashes && (size_t)(dashes - l->text) > at;
}

static bool on_xen_line(const struct boot_line *l, size_t at)
{
    static const char *const commands[] = { "multiboot", "multiboot2", "xen_hypervisor" };

    if (l->assignment)
        return !strncmp(l->command, "GRUB_CMDLINE_XEN", 16) || has_word(l, "options");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (has_word(l, commands[i]))
            return true;
    if (has_word(l, "kernel") || has_word(l, "chainloader"))
        return program_begins(l, "xen");
    return !strcasecmp(l->command, "append") && before_dashes(l, at);
}

/* Finds entries after the value's end, past blanks and at most one line end. */
static char *find_cut(const struct boot_line *l, size_t end)
{
    const char *from = l->text + end + strspn(l->text + end, BLANKS), *p, *stop;

    if (!*from || *from == '\n') {
        from += *from == '\n';
        if (!*from)
            from = l->next;
        from += strspn(from, BLANKS);
    } else if (from == l->text + end) {
        return NULL; /* a quote ended the value */
    }
    for (p = stop = from; *p == '(' && (isxdigit((unsigned char)p[1]) || strchr(" *", p[1]));) {
        p += strcspn(p, " \t\r\n\"'");
        stop = p;
        p += strspn(p, BLANKS);
    }
    return stop > from ? strndup(from, (size_t)(stop - from)) : NULL;
}

static enum hide_state state_of(const struct boot_line *l, size_t at, bool shell_stops)
{
    if (l->comment)
        return HIDE_COMMENTED;
    if (on_xen_line(l, at))
        return HIDE_XEN_LINE;
    return shell_stops ? HIDE_UNQUOTED : HIDE_COUNTS;
}

/* A line can have values of both forms, each found by a search of its own: sorts them by place. */
static struct hide_given *insert(struct reader *r, const struct hide_given *given)
{
    size_t i = r->n++;

    for (; i > r->line_begins && r->list[i - 1].at > given->at; i--)
        r->list[i] = r->list[i - 1];
    r->list[i] = *given;
    return &r->list[i];
}

/* NULL when out of memory. */
static struct hide_given *add(struct reader *r, const struct boot_line *l, size_t at,
                              enum hide_state state)
{
    struct hide_given given = { .line = boot_line_number(l, at), .at = at };
    bool shell_stops = false;
    size_t end;

    given.value = boot_line_value(l, at, &end, &shell_stops);
    if (!given.value || ARRAY_GROW(r->list, r->n)) {
        free(given.value);
        r->nomem = true;
        return NULL;
    }
    given.cut = find_cut(l, end);
    given.state = state == HIDE_COUNTS ? state_of(l, at, shell_stops) : state;
    if (l->assignment || l->grub || has_word(l, "options"))
        snprintf(given.where, sizeof(given.where), "%s", l->command);
    snprintf(given.entry, sizeof(given.entry), "%s", r->entry);
    return insert(r, &given);
}

static bool is_module(const char *p, size_t len, const char *name)
{
    if (len != strlen(name))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((p[i] == '_' ? '-' : p[i]) != name[i])
            return false;
    return true;
}

/* Reads `options xen-pciback hide=`, and `xen-pciback hide=` of initramfs-tools. */
static void read_module(struct reader *r, const struct boot_line *l)
{
    const char *p = l->text + l->command_at, *end;
    enum hide_state state = HIDE_COUNTS;

    if (!strncmp(p, "options", 7) && strchr(BLANKS, p[7]) && p[7])
        p += 7 + strspn(p + 7, BLANKS);
    end = p + strcspn(p, BLANKS "\n");
    if (is_module(p, (size_t)(end - p), "pciback"))
        state = HIDE_OTHER_MODULE;
    else if (!is_module(p, (size_t)(end - p), "xen-pciback"))
        return;
    if (l->comment)
        state = HIDE_COMMENTED;
    while (*(p = end + strspn(end, BLANKS "\n"))) {
        end = p + strcspn(p, BLANKS "\n");
        if (!strncmp(p, "hide=", 5))
            add(r, l, (size_t)(p + 5 - l->text), state);
    }
}

enum driver_name { NAME_XEN, NAME_CLASSIC, NAME_OTHER };

/* The driver's name before the `pciback.hide=` at p. */
static enum driver_name name_before(const char *text, const char *p)
{
    bool xen = p - text >= 4 && !strncmp(p - 4, "xen", 3) && (p[-1] == '-' || p[-1] == '_');

    p -= xen ? 4 : 0;
    if (p > text && !strchr(BLANKS "\n\"'=,[", p[-1]))
        return NAME_OTHER;
    return xen ? NAME_XEN : NAME_CLASSIC;
}

static void read_line(struct reader *r, const struct boot_line *l)
{
    r->line_begins = r->n;
    if (boot_line_title(l, r->entry, sizeof(r->entry)))
        return;
    if (l->assignment && !l->comment && l->text[l->after + strspn(l->text + l->after, "\"'")]) {
        r->replace[0] |= has_word(l, "GRUB_CMDLINE_LINUX_XEN_REPLACE");
        r->replace[1] |= has_word(l, "GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT");
    }
    read_module(r, l);
    for (const char *p = l->text; !r->nomem && (p = strstr(p, NAME));) {
        enum driver_name name = name_before(l->text, p);
        struct hide_given *given;

        p += strlen(NAME);
        given = add(r, l, (size_t)(p - l->text),
                    name == NAME_OTHER ? HIDE_OTHER_MODULE : HIDE_COUNTS);
        if (given)
            given->classic = name == NAME_CLASSIC;
    }
}

/* 20_linux_xen uses the REPLACE variables, when they are not empty, instead of these. */
static void replace(struct reader *r)
{
    static const char *const replaced[] = { "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT" };

    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < ARRAY_LEN(replaced); k++)
            if (r->replace[k] && r->list[i].state == HIDE_COUNTS &&
                !strcmp(r->list[i].where, replaced[k]))
                r->list[i].state = HIDE_REPLACED;
}

int hide_given_read(const char *text, struct hide_given **ret, size_t *n)
{
    struct reader r = { .n = 0 };
    struct boot_line line = { .next = text, .number = 0 };
    int rc;

    while ((rc = boot_line_next(&line)) > 0 && !r.nomem)
        read_line(&r, &line);
    boot_line_clear(&line);
    if (rc < 0 || r.nomem) {
        hide_given_free(r.list, r.n);
        return -ENOMEM;
    }
    replace(&r);
    *ret = r.list;
    *n = r.n;
    return 0;
}

void hide_given_free(struct hide_given *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(list[i].value);
        free(list[i].cut);
    }
    free(list);
}

const struct hide_given *hide_given_last(const struct hide_given *list, size_t n)
{
    while (n > 0)
        if (list[--n].state == HIDE_COUNTS)
            return &list[n];
    return NULL;
}

/* Adds an entry for each of the words in len bytes, without the text before its last comma. */
static int add_entries(const char *p, size_t len, const char *separators, const char *segment,
                       char **ret)
{
    const char *end = p + len;
    size_t size;
    FILE *f;

    free(*ret);
    *ret = NULL;
    f = open_memstream(ret, &size);
    if (!f)
        return -ENOMEM;
    while (p < end) {
        size_t n = strcspn(p, separators);
        const char *comma = memrchr(p, ',', n);

        n = p + n > end ? (size_t)(end - p) : n;
        if (n)
            fprintf(f, "(%s%.*s)", segment, (int)(p + n - (comma ? comma + 1 : p)),
                    comma ? comma + 1 : p);
        p += n + (p + n < end);
    }
    return fclose(f) ? -ENOMEM : 0;
}

/* qubes-pciback.sh of qubes-core-admin-linux prepends 0000: to each address. */
int hide_given_qubes(const char *text, char **ret)
{
    static const char name[] = "rd.qubes.hide_pci=";
    struct boot_line line = { .next = text, .number = 0 };
    int rc, r = 0;

    *ret = NULL;
    while (!r && (rc = boot_line_next(&line)) > 0)
        for (const char *p = line.text; !line.comment && !r && (p = strstr(p, name));) {
            p += strlen(name);
            r = add_entries(p, strcspn(p, BLANKS "\n\"'"), ",", "0000:", ret);
        }
    boot_line_clear(&line);
    return r || rc < 0 ? -ENOMEM : 0;
}

int hide_given_suse(const char *text, char **ret)
{
    struct boot_line line = { .next = text, .number = 0 };
    int rc, r = 0;

    *ret = NULL;
    while (!r && (rc = boot_line_next(&line)) > 0) {
        const char *p = line.text + line.after;

        if (line.comment || !line.assignment || !has_word(&line, "XEN_PCI_HIDE_LIST"))
            continue;
        p += strspn(p, "\"'");
        r = add_entries(p, strcspn(p, "\"'"), BLANKS "\n", "", ret);
    }
    boot_line_clear(&line);
    return r || rc < 0 ? -ENOMEM : 0;
}

void hide_given_why(const struct hide_given *given, char buf[HIDE_WHY_MAX])
{
    static const char *const why[] = {
        [HIDE_COUNTS] = "",
        [HIDE_COMMENTED] = "the line is a comment",
        [HIDE_XEN_LINE] = "it is on Xen's own command line, which dom0's driver does not read",
        [HIDE_REPLACED] = "under Xen the variable with XEN_REPLACE in its name replaces it",
        [HIDE_OTHER_MODULE] = "the driver's name is xen-pciback, not this one",
        [HIDE_UNQUOTED] = "the shell stops at the parenthesis: the value needs quotes",
    };

    snprintf(buf, HIDE_WHY_MAX, "%s%s%s%s", why[given->state],
             *why[given->state] && *given->where ? " (" : "",
             *why[given->state] ? given->where : "",
             *why[given->state] && *given->where ? ")" : "");
}
