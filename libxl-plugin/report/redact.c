/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "report/redact_scan.h"

struct replaced {
    const char *kind;
    char *text;
    size_t len, number;
    bool name;              /* of redact_name(): looked for by its letters */
};

struct redact {
    struct replaced *list;
    size_t n;
};

int redact_new(struct redact **ret, struct err *e)
{
    *ret = calloc(1, sizeof(**ret));
    return *ret ? 0 : err_nomem(e);
}

struct redact *redact_free(struct redact *r)
{
    for (size_t i = 0; r && i < r->n; i++)
        free(r->list[i].text);
    if (r)
        free(r->list);
    free(r);
    return NULL;
}

size_t redact_count(const struct redact *r, const char *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += !strcmp(r->list[i].kind, kind);
    return n;
}

/* The entry of a text, made when it is new; NULL without memory. */
static struct replaced *find(struct redact *r, const char *kind, const char *text, size_t len)
{
    size_t number = redact_count(r, kind) + 1;

    for (size_t i = 0; i < r->n; i++)
        if (r->list[i].len == len && !memcmp(r->list[i].text, text, len) &&
            (r->list[i].name || !strcmp(r->list[i].kind, kind)))
            return &r->list[i];
    if (ARRAY_GROW(r->list, r->n))
        return NULL;
    r->list[r->n] = (struct replaced){ kind, strndup(text, len), len, number, false };
    return r->list[r->n].text ? &r->list[r->n++] : NULL;
}

/* A guest of such a name stays as it is: a log without these words could not be read. */
static bool is_common(const char *name)
{
    static const char *const words[] = {
        "xen", "xvtd", "host", "localhost", "dom0", "domain-0", "pci", "guest", "debian", "linux",
        "name", "device", "domain", "driver", "state", "type", "id", "ok", "error",
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcasecmp(words[i], name))
            return true;
    return strspn(name, "0123456789") == strlen(name);
}

int redact_name(struct redact *r, const char *kind, const char *name, struct err *e)
{
    struct replaced *entry;

    if (strlen(name) < 2 || is_common(name))
        return 0;
    entry = find(r, kind, name, strlen(name));
    if (!entry)
        return err_nomem(e);
    entry->name = true;
    return 0;
}

static bool word(char c)
{
    return isalnum((unsigned char)c);
}

/* The longest name that stands here as a word, or NULL. */
static const struct replaced *name_at(const struct redact *r, const char *p, const char *end)
{
    const struct replaced *best = NULL;

    for (size_t i = 0; i < r->n; i++) {
        const struct replaced *x = &r->list[i];

        if (x->name && x->len <= (size_t)(end - p) && *x->text == *p &&
            !memcmp(x->text, p, x->len) && (p + x->len == end || !word(p[x->len])) &&
            (!best || best->len < x->len))
            best = x;
    }
    return best;
}

static void put(FILE *out, const struct replaced *x)
{
    if (!strcmp(x->kind, "secret"))
        fputs("removed", out);
    else
        fprintf(out, "%s-%zu", x->kind, x->number);
}

/* A value that was replaced before: "serial-3", "removed". */
static bool is_clean(const char *kind, const char *value, size_t len)
{
    size_t n = strlen(kind);

    if (!strcmp(kind, "secret"))
        return len == 7 && !memcmp(value, "removed", 7);
    return len > n && !memcmp(value, kind, n) && value[n] == '-' &&
           isdigit((unsigned char)value[n + 1]);
}

/* Writes what stands at p, replaced or not; returns its length, 0 without memory. */
static size_t step(struct redact *r, const char *p, const char *end, char before, FILE *out)
{
    const struct replaced *x = word(before) ? NULL : name_at(r, p, end);
    size_t key = 0, len = 0;
    const char *kind;

    if (x) {
        put(out, x);
        return x->len;
    }
    if (!word(before) && (isalpha((unsigned char)*p) || *p == '_'))
        key = scan_pair(p, end, &len, &kind);
    if (key && is_clean(kind, p + key, len))
        key = len = 0;
    else if (!key)
        len = scan_form(p, end, before, &kind);
    if (!len) {
        putc(*p, out);
        return 1;
    }
    x = find(r, kind, p + key, len);
    if (!x)
        return 0;
    fwrite(p, 1, key, out);
    put(out, x);
    return key + len;
}

int redact_text(struct redact *r, const char *text, size_t len, char **ret, size_t *ret_len,
                struct err *e)
{
    const char *p = text, *end = text + len;
    char *clean = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&clean, &size);
    bool failed = !out;

    while (!failed && p < end) {
        size_t n = step(r, p, end, p > text ? p[-1] : 0, out);

        failed = !n;
        p += n;
    }
    if (out && fclose(out))
        failed = true;
    if (failed) {
        free(clean);
        return err_nomem(e);
    }
    *ret = clean;
    *ret_len = size;
    return 0;
}
