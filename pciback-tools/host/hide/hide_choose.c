/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide/hide_choose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `BB:*.*` before `BB:SS.*` before `BB:SS.F`: an entry that covers others comes first. */
static int by_place(const void *a, const void *b)
{
    const struct hide_entry *x = a, *y = b;
    int r = bdf_compare(x->bdf, y->bdf);

    if (!r)
        r = (int)y->any_slot - (int)x->any_slot;
    return r ? r : (int)y->any_func - (int)x->any_func;
}

int hide_choose(const struct bdf_pattern *patterns, size_t n, struct hide_choice *ret,
                struct err *e)
{
    struct hide_entry *list = calloc(n + 1, sizeof(*list));
    size_t kept = 0;

    if (!list)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        if (patterns[i].bdf.segment > 0xffff) {
            free(list);
            return err_on(e, XV_CANNOT, EINVAL, BDF_STR(patterns[i].bdf),
                          "xen-pciback takes no segment above ffff");
        }
        list[i] = (struct hide_entry){ .bdf = patterns[i].bdf, .any_func = patterns[i].all };
    }
    if (n)
        qsort(list, n, sizeof(*list), by_place);
    for (size_t i = 0; i < n; i++)
        if (!kept || !hide_matches(&list[kept - 1], list[i].bdf))
            list[kept++] = list[i];
    *ret = (struct hide_choice){ list, kept };
    return 0;
}

/* True when an entry covers bdf.  The entries are sorted and do not overlap. */
static bool covered(const struct hide_entry *entries, size_t n, struct bdf bdf)
{
    size_t low = 0, high = n;

    /* find the last entry that begins at or before bdf */
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (bdf_compare(entries[middle].bdf, bdf) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low && hide_matches(&entries[low - 1], bdf);
}

bool *hide_taken(const struct hide_host *host, const struct hide_choice *choice)
{
    bool *taken = calloc(host->n + 1, sizeof(*taken));

    for (size_t i = 0; taken && i < host->n; i++) {
        size_t at = i;

        /* limit the steps: a captured tree may have a loop of links */
        for (size_t steps = 0; steps <= host->n; steps++) {
            taken[i] = covered(choice->entries, choice->n, inventory_at(host->inv, at)->bdf);
            if (taken[i] || host->above[at] < 0)
                break;
            at = (size_t)host->above[at];
        }
    }
    return taken;
}

/* True when both are in the same slot, or on the same bus. */
static bool same(struct bdf a, struct bdf b, bool bus)
{
    return bus ? a.segment == b.segment && a.bus == b.bus : bdf_same_slot(a, b);
}

/* Replaces entries by a wildcard when all present functions that it covers are taken. */
static void merge(const struct hide_host *host, const bool *taken, struct hide_choice *c,
                  bool bus)
{
    size_t kept = 0, at = 0;

    for (size_t i = 0, end; i < c->n; i = end) {
        struct bdf place = c->entries[i].bdf;
        size_t present = 0;
        bool all = true;

        for (end = i; end < c->n && same(c->entries[end].bdf, place, bus); end++)
            ;
        while (at < host->n && bdf_compare(inventory_at(host->inv, at)->bdf, place) < 0 &&
               !same(inventory_at(host->inv, at)->bdf, place, bus))
            at++;
        for (; at < host->n && same(inventory_at(host->inv, at)->bdf, place, bus); at++) {
            all &= taken[at];
            present++;
        }
        if (end - i > 1 && all && present) {
            place.func = 0;
            place.slot = bus ? 0 : place.slot;
            c->entries[kept++] = (struct hide_entry){ .bdf = place, .any_slot = bus,
                                                      .any_func = true };
            continue;
        }
        for (size_t k = i; k < end; k++)
            c->entries[kept++] = c->entries[k];
    }
    c->n = kept;
}

int hide_shorten(const struct hide_host *host, const struct hide_choice *choice,
                 struct hide_choice *ret, struct err *e)
{
    AUTO_FREE bool *taken = hide_taken(host, choice);
    struct hide_choice c = { calloc(choice->n + 1, sizeof(*c.entries)), choice->n };

    if (!taken || !c.entries) {
        free(c.entries);
        return err_nomem(e);
    }
    if (c.n)
        memcpy(c.entries, choice->entries, c.n * sizeof(*c.entries));
    merge(host, taken, &c, false);
    merge(host, taken, &c, true);
    *ret = c;
    return 0;
}

char *hide_text(const struct hide_choice *choice, bool brief)
{
    char *text = malloc(choice->n * 24 + 1), *p = text;

    if (!text)
        return NULL;
    *p = '\0';
    for (size_t i = 0; i < choice->n; i++) {
        const struct hide_entry *h = &choice->entries[i];

        p += sprintf(p, "(");
        if (!brief || h->bdf.segment)
            p += sprintf(p, "%04x:", (unsigned)h->bdf.segment);
        p += sprintf(p, "%02x:", h->bdf.bus);
        p += h->any_slot ? sprintf(p, "*.") : sprintf(p, "%02x.", h->bdf.slot);
        p += h->any_func ? sprintf(p, "*)") : sprintf(p, "%x)", h->bdf.func);
    }
    return text;
}

enum hide_fit hide_fit(const char *full, const char *brief, const char *name, size_t used)
{
    /* one blank precedes it */
    size_t rest = used == SIZE_MAX ? 0 : used + (used > 0) + strlen(name) + 1;
    const char *texts[] = { full, brief };

    if (strlen(brief) > HIDE_VALUE_MAX)
        return HIDE_OVER_VALUE;
    for (int i = 0; i < 2; i++)
        if (strlen(texts[i]) <= HIDE_VALUE_MAX &&
            (used == SIZE_MAX || strlen(texts[i]) + rest <= HIDE_LINE_MAX))
            return i ? HIDE_FITS_BRIEF : HIDE_FITS;
    return HIDE_OVER_LINE;
}
