/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions a command line of pciback-hide names, and the parameter for them. */
#include "tools/cmd_hide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "boot/hide_status.h"
#include "cfg/doc.h"
#include "cfg/file.h"
#include "cfg/spec.h"
#include "driver/allow.h"
#include "hide/cmdline.h"
#include "names/operand.h"
#include "xen/guest_pci.h"
#include "xen/xs.h"

struct patterns {
    struct bdf_pattern *v;
    size_t n;
};

static int add(struct patterns *p, struct bdf_pattern pattern, struct err *e)
{
    if (ARRAY_GROW(p->v, p->n))
        return err_nomem(e);
    p->v[p->n++] = pattern;
    return 0;
}

/* One item of a cfg's list, as xl reads it. */
static int add_item(struct patterns *p, const char *path, const struct doc *doc,
                    const struct doc_item *item, struct err *e)
{
    AUTO_NOTES struct notes notes = { .n = 0 };
    AUTO_SPEC struct spec spec = { .has_bdf = false };
    size_t line, column;
    bool accepted = false;

    if (item->kind != ITEM_STRING || !item->reached ||
        spec_read(item->value, &spec, &accepted, &notes) || !accepted || !spec.has_bdf) {
        doc_position(doc, item->start, &line, &column);
        err_set(e, XV_USAGE, EINVAL, "%s:%zu:%zu: '%s' has no PCI address", path,
                line, column, item->value);
        err_hint(e, "xvtd cfg check %s shows what is wrong", SHELL_STR(path));
        return -EINVAL;
    }
    return add(p, spec.bdf, e);
}

static int add_cfg(struct patterns *p, const char *path, struct err *e)
{
    AUTO_CFG_FILE struct cfg_file *file = NULL;
    AUTO_DOC struct doc *doc = NULL;
    int r = cfg_file_open(&file, path, CFG_READ, e);

    if (!r)
        r = doc_parse(&doc, cfg_file_text(file), cfg_file_size(file), e);
    for (size_t i = 0; !r && i < doc_count(doc); i++)
        r = add_item(p, path, doc, doc_item(doc, i), e);
    return r;
}

static int add_assigned(struct patterns *p, struct xvtd *x, struct err *e)
{
    AUTO_FREE struct guest_pci *list = NULL;
    struct xs *xs = NULL;
    size_t n = 0;
    int r;

    if (x->captured)
        return err_set(e, XV_USAGE, EINVAL, "--assigned asks the running host: not with --root");
    r = xs_open_handle(&xs, e);
    if (!r)
        r = guest_pci_list(xs, &list, &n, e);
    for (size_t i = 0; !r && i < n; i++)
        r = add(p, (struct bdf_pattern){ .bdf = list[i].bdf }, e);
    xs_close_handle(xs);
    return r;
}

/* The installed files name that device, not another one that has its address now. */
static int check_same(const struct root *root, const struct hide_device *d, struct err *e)
{
    struct identity here;
    struct err ignored;
    int r;

    if (!d->present || identity_read(root, d->bdf, &here, &ignored) ||
        identity_equal(&here, &d->id))
        return 0;
    r = err_on(e, XV_REFUSED, EXDEV, BDF_STR(d->bdf),
               "since --install another device has got this address");
    err_kind(e, "renumbered");
    err_hint(e, "`pciback-hide --status` shows more; without --add name all devices that are to be "
             "hidden");
    return r;
}

/* --add: the entries of our own files; a wildcard stays a wildcard. */
static int add_installed(struct patterns *p, struct xvtd *x, struct err *e)
{
    struct hide_source *sources = NULL;
    size_t n = 0;
    int r = hide_sources_read(x->root, &sources, &n, e);

    for (size_t i = 0; !r && i < n; i++) {
        const struct hide_source *s = &sources[i];

        for (size_t k = 0; !r && k < s->n; k++)
            r = check_same(x->root, &s->devices[k], e);
        for (size_t k = 0; !r && s->n && k < s->value.n; k++)
            r = add(p, (struct bdf_pattern){ .bdf = s->value.entries[k].bdf,
                                             .all = s->value.entries[k].any_func }, e);
        for (size_t k = 0; !r && s->way == WAY_UDEV && k < s->n; k++)
            r = add(p, (struct bdf_pattern){ .bdf = s->devices[k].bdf }, e);
    }
    hide_sources_free(sources, n);
    return r;
}

static int collect(struct patterns *p, struct xvtd *x, const struct cli_args *args,
                   struct err *e)
{
    bool cfgs = cli_has(args, HIDE_FROM_CFG);
    int r = 0;

    for (size_t i = 0; !r && i < args->n_operands; i++) {
        struct bdf_pattern pattern;

        r = device_operand(x, NULL, args->operands[i], &pattern, e);
        if (!r)
            r = add(p, pattern, e);
        else if (cfgs && r != -ENODEV && e->code != XV_REFUSED)
            r = add_cfg(p, args->operands[i], e);
    }
    if (!r && cli_has(args, HIDE_ASSIGNED))
        r = add_assigned(p, x, e);
    if (!r && p->n && cli_has(args, HIDE_ADD))
        r = add_installed(p, x, e);
    if (r || p->n)
        return r;
    if (!cfgs && !cli_has(args, HIDE_ASSIGNED)) {
        r = err_set(e, XV_USAGE, EINVAL, "no device is named");
        err_hint(e, "pciback-hide --help");
        return r;
    }
    return err_set(e, XV_NOT_FOUND, ENOENT, "no guest has a device %s",
                   cfgs ? "in these cfgs" : "now");
}

static int add_device(struct hide_chosen *c, struct xvtd *x, struct bdf bdf, bool present,
                      struct err *e)
{
    struct hide_device *d;

    if (ARRAY_GROW(c->devices, c->n))
        return err_nomem(e);
    d = &c->devices[c->n++];
    *d = (struct hide_device){ .bdf = bdf, .present = present };
    return present ? identity_read(x->root, bdf, &d->id, e) : 0;
}

/* The functions that an entry names; an absent one needs --allow=absent. */
static int expand(struct hide_chosen *c, struct xvtd *x, const struct hide_entry *entry,
                  struct err *e)
{
    struct bdf bdf = entry->bdf;
    bool any = false;
    int r = 0;

    for (unsigned func = 0; !r && func < (entry->any_func ? 8u : 1u); func++) {
        if (entry->any_func)
            bdf.func = (uint8_t)func;
        if (!inventory_find(c->inv, bdf))
            continue;
        r = add_device(c, x, bdf, true, e);
        any = true;
    }
    if (any || r)
        return r;
    if (!(c->allow & ALLOW_ABSENT)) {
        r = inventory_missing(entry->bdf, entry->any_func, e);
        err_hint(e, "--allow=absent writes it anyway");
        return r;
    }
    return entry->any_func ? 0 : add_device(c, x, bdf, false, e);
}

static int write_values(struct hide_chosen *c, struct err *e)
{
    struct hide_choice brief = { .n = 0 };
    int r = hide_shorten(&c->host, &c->choice, &brief, e);

    if (r)
        return r;
    c->full = hide_text(&c->choice, false);
    c->brief = hide_text(&brief, true);
    hide_choice_clear(&brief);
    return c->full && c->brief ? 0 : err_nomem(e);
}

int hide_chosen_read(struct hide_chosen *ret, struct xvtd *x, const struct cli_args *args,
                     struct err *e)
{
    struct patterns p = { .n = 0 };
    int r = allow_parse(args, HIDE_ALLOW, ALLOW_ABSENT | ALLOW_IN_USE | ALLOW_TWIN, &ret->allow, e);

    x->twins = allow_twins(ret->allow);
    if (!r)
        r = collect(&p, x, args, e);
    if (!r)
        r = inventory_open(&ret->inv, x->root, e);
    if (!r)
        r = hide_host_read(&ret->host, x->root, ret->inv, e);
    if (!r)
        r = hide_choose(p.v, p.n, &ret->choice, e);
    for (size_t i = 0; !r && i < ret->choice.n; i++)
        r = expand(ret, x, &ret->choice.entries[i], e);
    if (!r)
        r = write_values(ret, e);
    free(p.v);
    return r;
}

void hide_chosen_clear(struct hide_chosen *c)
{
    hide_choice_clear(&c->choice);
    hide_host_clear(&c->host);
    inventory_close(c->inv);
    free(c->devices);
    free(c->full);
    free(c->brief);
}

size_t hide_line_used(const struct root *root)
{
    struct cmdline_word word;
    char line[8192];
    size_t used, at = 0;

    if (root_readf(root, line, sizeof(line), "proc/cmdline") < 0)
        return 0;
    used = strlen(line);
    while (cmdline_next(line, &at, &word))
        if (cmdline_is(line, &word, "xen-pciback.hide") ||
            cmdline_is(line, &word, "pciback.hide"))
            used -= word.end - word.start + (word.start > 0);
    return used;
}

int hide_value_that_fits(const struct hide_chosen *chosen, const char *name, size_t used,
                         const char **ret, struct err *e)
{
    switch (hide_fit(chosen->full, chosen->brief, name, used)) {
    case HIDE_FITS:
        *ret = chosen->full;
        return 0;
    case HIDE_FITS_BRIEF:
        *ret = chosen->brief;
        return 0;
    case HIDE_OVER_LINE:
        err_set(e, XV_REFUSED, E2BIG, "%zu devices: the dom0 command line has %zu characters "
                "already and would exceed %d, where Xen cuts it", chosen->n, used,
                HIDE_LINE_MAX);
        err_hint(e, "modprobe.d and udev do not use that line: --format=modprobe, --format=udev, "
                 "or --install --method=modprobe or --method=udev");
        break;
    case HIDE_OVER_VALUE:
        err_set(e, XV_REFUSED, E2BIG, "%zu devices: the shortest value has %zu characters, but the "
                "kernel takes at most %d, from modprobe.d too", chosen->n,
                strlen(chosen->brief), HIDE_VALUE_MAX);
        err_hint(e, "udev has no such limit: --format=udev or --install --method=udev");
        break;
    }
    err_kind(e, "too-long");
    return -E2BIG;
}
