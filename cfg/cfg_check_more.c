/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fixes, and what several cfgs and a host show together. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cfg/cfg_check.h"
#include "cfg/edit.h"
#include "cfg/xlu_check.h"

/* A fix can uncover another mistake in the same place; more rounds than this are a loop. */
#define ROUNDS_MAX 64

/* Applies the fixes that do not overlap; *any: there was one. */
static int fix_once(const struct check_cfg *cfg, char **ret, size_t *ret_len, bool *any)
{
    AUTO_PATCHES struct patches patches = { NULL, 0 };
    size_t end = 0;

    *any = false;
    for (size_t i = 0; i < cfg->notes.n; i++) {
        const struct note *note = &cfg->notes.v[i];

        if (!note->fix || (*any && note->fix_offset < end) ||
            !strcmp(note->kind, "cr-line-end"))
            continue;
        if (patches_add(&patches, note->fix_offset, note->fix_length, note->fix))
            return -ENOMEM;
        end = note->fix_offset + note->fix_length + 1;
        *any = true;
    }
    return patches_apply(&patches, cfg->doc->text, cfg->doc->len, ret, ret_len);
}

/* Removes every run of CR that ends in LF. */
static void drop_cr(char *text, size_t *len)
{
    size_t to = 0;

    for (size_t i = 0; i < *len; i++) {
        while (text[i] == '\n' && to && text[to - 1] == '\r')
            to--;
        text[to++] = text[i];
    }
    text[to] = '\0';
    *len = to;
}

/* libxlutil must read the same list from the corrected text as this parser. */
static int verify(const char *file, const struct doc *doc, struct err *e)
{
    size_t n = doc_count(doc);
    AUTO_FREE const char **items = calloc(n + 1, sizeof(*items));

    if (!items)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        if (!doc_item(doc, i)->reached)
            return 0; /* the list could not be corrected: nothing to compare */
        items[i] = doc_item(doc, i)->value;
    }
    return doc->accepted ? xlu_verify(file, doc->text, doc->len, items, n, e) : 0;
}

int check_fix(const char *file, const char *text, size_t len, char **ret, size_t *ret_len,
              struct err *e)
{
    AUTO_FREE char *now = malloc(len + 1);
    bool any = true;

    if (!now)
        return err_nomem(e);
    memcpy(now, text, len);
    now[len] = '\0';
    for (int round = 0; any && round < ROUNDS_MAX; round++) {
        CLEANUP(check_clear) struct check_cfg cfg = { .file = NULL };
        char *next;
        int r = check_read(&cfg, file, now, len, e);

        if (!r && fix_once(&cfg, &next, &len, &any))
            r = err_nomem(e);
        if (r)
            return r;
        free(now);
        now = next;
        for (size_t i = 0; i < cfg.notes.n && !any; i++)
            if (!strcmp(cfg.notes.v[i].kind, "cr-line-end")) {
                drop_cr(now, &len);
                any = true; /* it may have hidden more mistakes */
            }
        if (!any) {
            AUTO_DOC struct doc *doc = NULL;

            r = doc_parse(&doc, now, len, e);
            if (!r)
                r = verify(file, doc, e);
            if (r)
                return r;
        }
    }
    *ret = TAKE_PTR(now);
    *ret_len = len;
    return 0;
}

/* The item below one of our comments. */
static const struct doc_item *item_of(const struct check_cfg *cfg, struct bdf bdf, size_t *n)
{
    const struct spec of = { .has_bdf = true, .bdf = { bdf, false } };

    for (*n = 0; *n < cfg->n; (*n)++)
        if (spec_overlap(&cfg->specs[*n], &of))
            return doc_item(cfg->doc, *n);
    return NULL;
}

/* Proposes the item with the device's new address; a person decides. */
static int propose(struct check_cfg *cfg, const struct doc_item *item, size_t n, struct bdf now)
{
    struct spec moved = cfg->specs[n];
    AUTO_FREE char *text = NULL, *fix = NULL;
    char quote = cfg->doc->text[item->start];

    if (moved.bdf.all)
        return 0;
    moved.bdf.bdf = now;
    text = spec_format(&moved, true);
    if (!text || asprintf(&fix, "%c%s%c", quote, text, quote) < 0) {
        fix = NULL;
        return -ENOMEM;
    }
    if (notes_fix_at(&cfg->notes, fix, item->start, item->end - item->start))
        return -ENOMEM;
    return 0;
}

static int check_identity(struct check_cfg *cfg, const struct check_host *host,
                          const struct our_comment *c)
{
    AUTO_FREE char *there = NULL;
    const struct doc_item *item;
    struct bdf bdf, now;
    struct err ignored;
    bool found;
    size_t n;

    if (bdf_parse(c->device, &bdf, &ignored))
        return 0;
    item = item_of(cfg, bdf, &n);
    there = host->identity(host->user, bdf);
    if (!item || (there && !strcmp(there, c->identity)))
        return 0;
    found = host->find && host->find(host->user, c->identity, &now);
    if (notes_add(&cfg->notes, "identity-changed", SEVERITY_ERROR, item->start,
                  item->end - item->start, "%s was %s and is %s now; %s%s", c->device,
                  c->identity, there ? there : "not there",
                  found ? "that device is now "
                        : "the former device is missing, or there are several like it",
                  found ? BDF_STR(now) : ""))
        return -ENOMEM;
    return found ? propose(cfg, item, n, now) : 0;
}

static bool present(const struct check_host *host, const struct spec *spec)
{
    for (unsigned func = 0; func < 8; func++) {
        struct bdf bdf = spec->bdf.bdf;

        bdf.func = spec->bdf.all ? (uint8_t)func : bdf.func;
        if (host->present(host->user, bdf))
            return true;
    }
    return false;
}

static int check_host(struct check_cfg *cfg, const struct check_host *host)
{
    struct our_comment c;
    char device[BDF_TEXT_MAX];

    for (size_t i = 0; host->present && i < cfg->n; i++) {
        const struct doc_item *item = doc_item(cfg->doc, i);

        if (cfg->specs[i].has_bdf && !present(host, &cfg->specs[i]) &&
            notes_add(&cfg->notes, "absent-device", SEVERITY_WARNING, item->start,
                      item->end - item->start, "this host has no %s",
                      spec_device(&cfg->specs[i], device)))
            return -ENOMEM;
    }
    for (size_t from = 0; host->identity && edit_find_comment(cfg->doc, from, &c);
         from = c.token + 1)
        if (check_identity(cfg, host, &c))
            return -ENOMEM;
    return 0;
}

int check_together(struct check_cfg *cfgs, size_t n, const struct check_host *host,
                   struct err *e)
{
    if (check_guests(cfgs, n, host))
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        if (host && check_host(&cfgs[i], host))
            return err_nomem(e);
        notes_sort(&cfgs[i].notes);
    }
    return 0;
}
