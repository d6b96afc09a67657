/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/giveback.h"
#include "driver/module.h"
#include "driver/vfio.h"
#include "hide/hide.h"
#include "vf/vf_place.h"
#include "xen/guest_pci.h"

const struct keeper *keeper_find(const char *driver)
{
    static const struct keeper keepers[] = {
        { PCIBACK, "xen-pciback" },
        { "pci-stub", "pci-stub" },
        { "vfio-pci", "vfio-pci" },
    };

    for (size_t i = 0; i < ARRAY_LEN(keepers); i++)
        if (!strcmp(keepers[i].driver, driver))
            return &keepers[i];
    return NULL;
}

static enum keeper_there keeper_there(const struct root *root, const struct keeper *keeper)
{
    if (driver_registered(root, keeper->driver))
        return KEEPER_LOADED;
    return module_available(keeper->module) ? KEEPER_LOADABLE : KEEPER_MISSING;
}

static int read_iommu_group(const struct root *root, struct bdf bdf)
{
    char number[16];

    root_link_name(root, number, sizeof(number), "sys/bus/pci/devices/%s/iommu_group",
                   BDF_STR(bdf));
    return *number ? atoi(number) : -1;
}

/*
 * Adds members of the kernel's group that are not in the list, from list[n] on; returns how many.
 */
static size_t add_kernels(const struct root *root, const struct inventory *inv, struct bdf bdf,
                          struct group_peer *list, size_t n)
{
    size_t from = n;

    for (size_t i = 0; i < inventory_count(inv); i++) {
        const struct pci_function *f = inventory_at(inv, i);
        struct group_peer *peer = &list[n];

        if (f->bridge || bdf_equal(f->bdf, bdf) || group_peer_in(list, n, f->bdf) ||
            !root_existsf(root, "sys/bus/pci/devices/%s/iommu_group/devices/%s", BDF_STR(bdf),
                          BDF_STR(f->bdf)))
            continue;
        *peer = (struct group_peer){ .bdf = f->bdf, .tie = TIE_NO_ACS };
        snprintf(peer->driver, sizeof(peer->driver), "%s", f->driver);
        snprintf(peer->reason, sizeof(peer->reason), "the kernel has them in one IOMMU group");
        n++;
    }
    return n - from;
}

int bind_peers(const struct root *root, const struct inventory *inv,
               const struct groups *groups, struct bdf bdf, struct group_peer **ret, size_t *n,
               struct err *e)
{
    AUTO_FREE struct group_peer *ours = NULL, *list = NULL;
    size_t known = 0;
    int r = groups_peers(groups, bdf, &ours, &known, e);

    if (r)
        return r;
    list = calloc(known + inventory_count(inv) + 1, sizeof(*list));
    if (!list)
        return err_nomem(e);
    if (known)
        memcpy(list, ours, known * sizeof(*list));
    *n = known + add_kernels(root, inv, bdf, list, known);
    *ret = TAKE_PTR(list);
    return 0;
}

static int gather_fn(struct bind_fn *fn, const struct root *root, const struct records *records,
                     const struct inventory *inv, const struct groups *groups,
                     struct inuse *inuse, struct err *e)
{
    const struct pci_function *function = inventory_find(inv, fn->bdf);
    int r;

    if (!function)
        return inventory_missing(fn->bdf, false, e);
    fn->bridge = function->bridge;
    r = driver_look(root, fn->bdf, &fn->driver, e);
    if (!r)
        r = native_on_record(root, records, fn->bdf, &fn->native, e);
    if (!r)
        r = bind_peers(root, inv, groups, fn->bdf, &fn->peers, &fn->n_peers, e);
    if (!r && driver_is_native(fn->driver.driver))
        r = inuse_of(inuse, fn->bdf, &fn->holders, &fn->n_holders, e);
    else if (!r)
        r = inuse_vf_guests(inuse, fn->bdf, &fn->holders, &fn->n_holders, e);
    if (r)
        return r;
    fn->boot_hidden = hide_at_boot(root, fn->bdf);
    fn->iommu_group = read_iommu_group(root, fn->bdf);
    fn->group_open = fn->iommu_group >= 0 && vfio_in_use(root, fn->iommu_group);
    for (unsigned i = 0; !fn->vf_open && vf_of(root, fn->bdf, i, &fn->vf); i++) {
        int group = read_iommu_group(root, fn->vf);

        fn->vf_open = group >= 0 && vfio_in_use(root, group);
    }
    return 0;
}

int bind_gather(struct bind_facts *f, const struct root *root, const struct records *records,
                const struct inventory *inv, const struct groups *groups,
                const struct keeper *keeper, const struct bdf *bdfs, size_t n, struct err *e)
{
    CLEANUP(inuse_close_p) struct inuse *inuse = NULL;
    AUTO_FREE struct guest_pci *assigned = NULL;
    size_t n_assigned = 0;
    int r = inuse_open(&inuse, root, e);

    f->xen = records->xs != NULL;
    f->there = keeper ? keeper_there(root, keeper) : KEEPER_LOADED;
    if (!r && f->xen)
        r = guest_pci_list(records->xs, &assigned, &n_assigned, e);
    if (r)
        return r;
    f->fns = calloc(n ? n : 1, sizeof(*f->fns));
    if (!f->fns)
        return err_nomem(e);
    for (size_t i = 0; !r && i < n; i++) {
        const struct guest_pci *owner = guest_pci_find(assigned, n_assigned, bdfs[i]);
        struct bind_fn *fn = &f->fns[f->n++];

        *fn = (struct bind_fn){ .bdf = bdfs[i], .owned = owner != NULL,
                                .domid = owner ? owner->domid : 0 };
        r = gather_fn(fn, root, records, inv, groups, inuse, e);
    }
    return r;
}

void bind_facts_clear(struct bind_facts *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->fns[i].holders);
        free(f->fns[i].peers);
    }
    free(f->fns);
    *f = (struct bind_facts){ .n = 0 };
}
