/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "names/operand.h"

int maps_add(struct maps *maps, struct xvtd *x, const char *text, struct err *e)
{
    AUTO_FREE char *old = strdup(text);
    struct map map = { .name = "" };
    struct bdf_pattern new;
    char *equals;
    int r = 0;

    if (!old)
        return err_nomem(e);
    equals = strchr(old, '=');
    if (!equals || equals == old || !equals[1])
        return err_set(e, XV_USAGE, EINVAL, "--map=%s: expected OLD=NEW", text);
    *equals++ = '\0';
    if (device_form(old) == DEVICE_NAME && strlen(old) < sizeof(map.name))
        strcpy(map.name, old);
    else
        r = bdf_parse(old, &map.old, e);
    if (!r)
        r = device_operand(x, hv_records(x->hv), equals, &new, e);
    if (!r && new.all)
        r = err_on(e, XV_USAGE, EINVAL, equals, "expected one function");
    if (r) {
        err_prefix(e, "--map=%s", text);
        return r;
    }
    map.new = new.bdf;
    if (ARRAY_GROW(maps->list, maps->n))
        return err_nomem(e);
    maps->list[maps->n++] = map;
    return 0;
}

void maps_clear(struct maps *maps)
{
    free(maps->list);
}

bool place_is_here(const struct root *root, const struct remembered *dev)
{
    char machine[40];

    remember_machine(root, machine);
    return *machine && !strcmp(machine, dev->machine); /* two machines without an ID may differ */
}

static const struct map *find_map(const struct maps *maps, const struct remembered *dev)
{
    for (size_t i = 0; i < maps->n; i++) {
        const struct map *map = &maps->list[i];

        if (*map->name ? !strcmp(map->name, dev->name) : bdf_equal(map->old, dev->was))
            return map;
    }
    return NULL;
}

static bool same_model(const struct identity *a, const struct identity *b)
{
    return a->vendor == b->vendor && a->device == b->device && a->subvendor == b->subvendor &&
           a->subdevice == b->subdevice;
}

/* Is the device at `bdf` this one, or with model_only one of the same model? */
static int check_identity(const struct root *root, struct bdf bdf, const struct remembered *dev,
                          bool model_only, struct err *e)
{
    char have[IDENTITY_TEXT_MAX], want[IDENTITY_TEXT_MAX];
    struct identity is;
    int r = identity_read(root, bdf, &is, e);

    if (r)
        return r;
    if (model_only ? same_model(&is, &dev->identity) : identity_equal(&is, &dev->identity))
        return 0;
    identity_format(&is, have);
    identity_format(&dev->identity, want);
    return err_set(e, XV_REFUSED, EXDEV, "%s is another device here: %s instead of %s",
                   BDF_STR(bdf), have, want);
}

/*
 * Counts this host's devices of the same model, whatever their serial numbers; *ret is the
 * lowest.
 */
static int find_model(const struct root *root, const struct identity *id, struct bdf *ret,
                      size_t *n, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    int r = inventory_open(&inv, root, e);

    *n = 0;
    for (size_t i = 0; !r && i < inventory_count(inv); i++) {
        const struct pci_function *f = inventory_at(inv, i);
        struct identity is;
        struct err ignored;

        if (f->vendor != id->vendor || f->device != id->device ||
            identity_read(root, f->bdf, &is, &ignored) || !same_model(&is, id))
            continue;
        if (!(*n)++)
            *ret = f->bdf;
    }
    return r;
}

static int by_identity(const struct root *root, struct remembered *dev, bool here, struct err *e)
{
    char want[IDENTITY_TEXT_MAX];
    struct bdf found = dev->bdf;
    size_t n = 0;
    int r = here ? identity_find(root, &dev->identity, &found, &n, e)
                 : find_model(root, &dev->identity, &found, &n, e);

    if (r)
        return r;
    identity_format(&dev->identity, want);
    if (!n)
        return err_set(e, XV_NOT_FOUND, ENODEV, "this host has no such device (%s)", want);
    if (n > 1)
        return err_set(e, XV_REFUSED, ENOTUNIQ, "this host has %zu such devices (%s): choose one "
                       "with --map=%s=NEW", n, want, BDF_STR(dev->was));
    dev->bdf = found;
    return 0;
}

int place_device(struct xvtd *x, const struct maps *maps, struct remembered *dev, struct err *e)
{
    const struct map *map = find_map(maps, dev);
    bool here = place_is_here(x->root, dev);
    struct err there;
    struct bdf named;
    int r, found;

    if (!dev->has_identity)
        return err_set(e, XV_REFUSED, EINVAL, "the manifest does not have its identity");
    if (map) {
        dev->bdf = map->new;
        return check_identity(x->root, map->new, dev, true, e);
    }
    if (*dev->name) {
        r = device_named(x->root, hv_records(x->hv), dev->name, &named, NULL, e);
        if (!r) {
            dev->bdf = named;
            return check_identity(x->root, named, dev, !here, e);
        }
        if (r != -ENOENT)
            return r;
    }
    r = check_identity(x->root, dev->was, dev, !here, &there);
    if (!r) {
        dev->bdf = dev->was;
        return 0;
    }
    found = by_identity(x->root, dev, here, e);
    if (found != -ENODEV || r != -EXDEV)
        return found;
    *e = there; /* says more: what is in its place */
    return r;
}

int place_apart(const struct manifest *m, struct restore_request *requests, struct err *e)
{
    (void)e;
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; j < i && !requests[i].failed; j++)
            if (!requests[j].failed &&
                bdf_equal(m->devices[i].dev.bdf, m->devices[j].dev.bdf)) {
                requests[i].failed = true;
                err_set(&requests[i].why, XV_REFUSED, EEXIST,
                        "%s would get the same device here: choose with --map",
                        BDF_STR(m->devices[j].dev.was));
                err_object(&requests[i].why, BDF_STR(m->devices[i].dev.was));
            }
    return 0;
}
