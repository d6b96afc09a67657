/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse/inuse_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int inuse_open(struct inuse **ret, const struct root *root, struct err *e)
{
    CLEANUP(inuse_close_p) struct inuse *u = calloc(1, sizeof(*u));
    int r;

    if (!u)
        return err_nomem(e);
    u->root = root;
    r = kdevs_open(&u->kdevs, root, e);
    if (r)
        return r;
    *ret = TAKE_PTR(u);
    return 0;
}

struct inuse *inuse_close(struct inuse *u)
{
    if (!u)
        return NULL;
    blocks_close(u->blocks);
    nets_close(u->nets);
    free(u->assigned);
    if (u->xs)
        xs_close_handle(u->xs);
    kdevs_close(u->kdevs);
    free(u);
    return NULL;
}

const struct kdevs *inuse_kdevs(const struct inuse *u)
{
    return u->kdevs;
}

static int read_assigned(struct inuse *u, struct err *e)
{
    struct xs *xs;
    int r;

    if (u->assigned_read)
        return 0;
    r = inuse_xs(u, &xs, e);
    if (!r && xs)
        r = guest_pci_list(xs, &u->assigned, &u->n_assigned, e);
    u->assigned_read = !r;
    return r;
}

/* The most painful losses first. */
static int add_parts(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    static int (*const parts[])(struct inuse *, struct bdf, struct holders *, struct err *) = {
        inuse_net, inuse_block, inuse_display, inuse_usb, inuse_misc,
    };
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(parts); i++)
        r = parts[i](u, bdf, all, e);
    return r;
}

/* Adds the guest that has a virtual function; *ret: there is one. */
static int add_vf_guest(struct inuse *u, struct bdf vf, bool *ret, struct holders *all,
                        struct err *e)
{
    const struct guest_pci *owner;
    struct holder h = { .len = 0 };
    char domain[128];
    int r = read_assigned(u, e);

    owner = r ? NULL : guest_pci_find(u->assigned, u->n_assigned, vf);
    *ret = owner != NULL;
    if (!owner)
        return r;
    r = inuse_domain(u->xs, owner->domid, domain, sizeof(domain), e);
    if (r)
        return r;
    holder_push(&h, BDF_STR(vf), NULL);
    holder_push(&h, domain, NULL);
    return holders_add(all, HOLDER_VF, &h, e);
}

/* A virtual function disappears with its physical one, also while a guest uses it. */
static int add_vf(struct inuse *u, struct bdf vf, bool guests_only, struct holders *all,
                  struct err *e)
{
    struct holders own = { .n = 0 };
    bool owned = false;
    int r = add_vf_guest(u, vf, &owned, all, e);

    if (r || owned || guests_only)
        return r;
    r = add_parts(u, vf, &own, e);
    for (size_t i = 0; !r && i < own.n; i++) {
        struct holder h = { .len = 0 };

        holder_push(&h, BDF_STR(vf), NULL);
        holder_push_all(&h, &own.list[i]);
        r = holders_add(all, own.list[i].what, &h, e);
    }
    free(own.list);
    return r;
}

/* virtfn0, virtfn1, ... are links to the virtual functions of a physical one. */
static int add_vfs(struct inuse *u, struct bdf bdf, bool guests_only, struct holders *all,
                   struct err *e)
{
    struct err ignored;
    struct bdf vf;
    int r = 0;

    for (unsigned i = 0; !r; i++) {
        char name[64];

        root_link_name(u->root, name, sizeof(name), "sys/bus/pci/devices/%s/virtfn%u",
                       BDF_STR(bdf), i);
        if (!*name)
            break;
        if (!bdf_parse(name, &vf, &ignored) && !bdf_equal(vf, bdf))
            r = add_vf(u, vf, guests_only, all, e);
    }
    return r;
}

static int uses(struct inuse *u, struct bdf bdf, bool guests_only, struct holder **ret, size_t *n,
                struct err *e)
{
    struct holders all = { .n = 0 };
    int r;

    if (!root_existsf(u->root, "sys/bus/pci/devices/%s", BDF_STR(bdf)))
        return err_on(e, XV_NOT_FOUND, ENODEV, BDF_STR(bdf), "no such device");
    r = guests_only ? 0 : add_parts(u, bdf, &all, e);
    if (!r)
        r = add_vfs(u, bdf, guests_only, &all, e);
    if (r) {
        free(all.list);
        err_prefix(e, "%s: look for its uses in dom0", BDF_STR(bdf));
        return r;
    }
    *ret = all.list;
    *n = all.n;
    return 0;
}

int inuse_of(struct inuse *u, struct bdf bdf, struct holder **ret, size_t *n, struct err *e)
{
    return uses(u, bdf, false, ret, n, e);
}

int inuse_vf_guests(struct inuse *u, struct bdf bdf, struct holder **ret, size_t *n,
                    struct err *e)
{
    return uses(u, bdf, true, ret, n, e);
}
