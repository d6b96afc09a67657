/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds guests that cannot run at the same time, from several cfgs. */
#include "cfg/cfg_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How an item conflicts with items of other cfgs. */
enum meeting { MEETS_SAME, MEETS_GROUP, MEETINGS };

struct others {
    const struct check_cfg *cfg;
    size_t item;
    const struct check_host *host;
    FILE *list[MEETINGS];       /* "b.cfg line 3, c.cfg line 1" */
    size_t n[MEETINGS];
    bool together[MEETINGS];    /* dom0 starts two of these guests */
};

/* Two domains with the same name cannot run together. */
static bool may_run_together(const struct check_cfg *a, const struct check_cfg *b)
{
    return !a->name || !b->name || strcmp(a->name, b->name);
}

/* xendomains starts the cfgs in a folder auto. */
static bool started_with_dom0(const struct check_cfg *cfg)
{
    static const char folder[] = "auto";
    const char *slash = strrchr(cfg->file, '/'), *begin = slash;

    while (begin && begin > cfg->file && begin[-1] != '/')
        begin--;
    return slash && (size_t)(slash - begin) == strlen(folder) &&
           !strncmp(begin, folder, strlen(folder));
}

static bool meets(const struct others *o, const struct spec *theirs, enum meeting *ret)
{
    const struct spec *ours = &o->cfg->specs[o->item];

    *ret = spec_overlap(ours, theirs) ? MEETS_SAME : MEETS_GROUP;
    return *ret == MEETS_SAME ||
           (o->host && o->host->same_group && ours->has_bdf && theirs->has_bdf &&
            o->host->same_group(o->host->user, ours->bdf.bdf, theirs->bdf.bdf));
}

static void list_items(struct others *o, const struct check_cfg *other)
{
    char device[BDF_TEXT_MAX];
    enum meeting how;

    for (size_t i = 0; i < other->n; i++) {
        size_t line, column;

        if (!meets(o, &other->specs[i], &how))
            continue;
        doc_position(other->doc, doc_item(other->doc, i)->start, &line, &column);
        fprintf(o->list[how], "%s%s line %zu", o->n[how]++ ? ", " : "", other->file, line);
        if (how == MEETS_GROUP)
            fprintf(o->list[how], " (%s)", spec_device(&other->specs[i], device));
        o->together[how] |= started_with_dom0(o->cfg) && started_with_dom0(other);
    }
}

/* A conflict is noted once, in the first cfg that has it. */
static bool noted_before(const struct others *o, const struct check_cfg *cfgs, size_t self)
{
    enum meeting how;

    for (size_t i = 0; i < self; i++)
        for (size_t j = 0; may_run_together(&cfgs[i], o->cfg) && j < cfgs[i].n; j++)
            if (meets(o, &cfgs[i].specs[j], &how))
                return true;
    return false;
}

/* xl refuses the second guest for one device, but starts both when they share a group. */
static int note_meeting(struct check_cfg *cfg, const struct others *o, enum meeting how,
                        const char *list)
{
    const struct doc_item *item = doc_item(cfg->doc, o->item);
    bool error = how == MEETS_GROUP || o->together[how];
    char device[BDF_TEXT_MAX];

    if (!o->n[how])
        return 0;
    return notes_add(&cfg->notes, how == MEETS_SAME ? "shared-device" : "split-group",
                     error ? SEVERITY_ERROR : SEVERITY_WARNING, item->start,
                     item->end - item->start, "%s %s %s: %s",
                     spec_device(&cfg->specs[o->item], device),
                     how == MEETS_SAME ? "is also in" : "cannot be separated from a device in",
                     list, o->together[how] ? "dom0 starts these guests together"
                                            : "one of these guests at a time");
}

static int check_item(struct check_cfg *cfgs, size_t n, size_t self, struct others *o)
{
    char *text[MEETINGS] = { NULL };
    size_t size[MEETINGS];
    int r = 0;

    if (noted_before(o, cfgs, self))
        return 0;
    for (int how = 0; how < MEETINGS; how++)
        o->list[how] = open_memstream(&text[how], &size[how]);
    for (size_t i = self + 1; o->list[0] && o->list[1] && i < n; i++)
        if (may_run_together(&cfgs[self], &cfgs[i]))
            list_items(o, &cfgs[i]);
    for (int how = 0; how < MEETINGS; how++) {
        if (!o->list[how] || fclose(o->list[how]) ||
            (!r && note_meeting(&cfgs[self], o, (enum meeting)how, text[how])))
            r = -ENOMEM;
        free(text[how]);
    }
    return r;
}

int check_guests(struct check_cfg *cfgs, size_t n, const struct check_host *host)
{
    for (size_t i = 0; n > 1 && i < n; i++)
        for (size_t j = 0; j < cfgs[i].n; j++) {
            struct others others = { .cfg = &cfgs[i], .item = j, .host = host };

            if (check_item(cfgs, n, i, &others))
                return -ENOMEM;
        }
    return 0;
}
