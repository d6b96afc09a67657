/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The owner of a function: xenstore's backend entries, Xen, and the device models' open files. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "hv/dm_open.h"
#include "hv/hv_libxl.h"

static uint32_t machine_sbdf(struct bdf bdf)
{
    return bdf.segment << 16 | (uint32_t)bdf.bus << 8 | (uint32_t)bdf.slot << 3 | bdf.func;
}

int hv_domain_iommu(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e)
{
    if (!xc_test_assign_device(hv->xch, domid, machine_sbdf(bdf)))
        return 1;
    switch (errno) {
    case EOPNOTSUPP:
        return 0;
    case EINVAL: /* owned, or unknown to Xen: an IOMMU is there */
        return 1;
    default:
        return err_sys(e, XV_CANNOT, errno, "ask Xen whether domain %u has an IOMMU", domid);
    }
}

void hv_release(struct hv *hv, uint32_t domid, struct bdf bdf)
{
    xc_deassign_device(hv->xch, domid, machine_sbdf(bdf)); /* ENODEV: there was no such entry */
}

/* Xen answers EINVAL also for a device that it does not know. */
static bool is_known_to_xen(struct hv *hv, struct bdf bdf)
{
    physdev_pci_device_t device = {
        .seg = (uint16_t)bdf.segment,
        .bus = bdf.bus,
        .devfn = (uint8_t)(bdf.slot << 3 | bdf.func),
    };
    uint32_t node = 0;

    return xc_pcitopoinfo(hv->xch, 1, &device, &node) || node != XEN_INVALID_DEV;
}

int hv_is_free(struct hv *hv, struct bdf bdf, bool *in_xen, struct err *e)
{
    AUTO_FREE char *domid = NULL;
    bool sure = true;
    int r;

    *in_xen = false;
    /* Without a domain Xen answers whether any domain but dom0 has it (xen/common/domctl.c). */
    if (bdf.segment <= 0xffff && xc_test_assign_device(hv->xch, DOMID_INVALID, machine_sbdf(bdf))) {
        *in_xen = errno == EINVAL && is_known_to_xen(hv, bdf);
        sure = errno == EINVAL && !*in_xen;
    }
    if (!sure)
        return 0;
    r = record_get(&hv->records, bdf, "domid", &domid, e);
    return r ? r : !domid;
}

/* A stub domain has its target's devices too, or alone. */
static void fold_stub(struct guest_pci *list, size_t *n, size_t i, uint32_t target)
{
    for (size_t k = 0; k < *n; k++)
        if (list[k].domid == target && bdf_equal(list[k].bdf, list[i].bdf)) {
            list[i] = list[--*n];
            return;
        }
    list[i].domid = target;
}

int hv_assigned(struct hv *hv, struct guest_pci **ret, size_t *n, struct err *e)
{
    int r = guest_pci_list(hv->xs, ret, n, e);

    for (size_t i = r ? 0 : *n; i-- > 0;) {
        uint32_t target;

        if (hv_libxl_read_domid(hv, (*ret)[i].domid, "target", &target))
            fold_stub(*ret, n, i, target);
    }
    return r;
}

int hv_assigned_to(struct hv *hv, uint32_t domid, struct guest_pci **ret, size_t *n,
                   struct err *e)
{
    AUTO_FREE struct guest_pci *list = NULL, *more = NULL;
    size_t found = 0, n_more = 0;
    uint32_t stub;
    int r = guest_pci_of(hv->xs, domid, &list, &found, e);

    if (!r && hv_libxl_read_domid(hv, domid, "image/device-model-domid", &stub) && stub)
        r = guest_pci_of(hv->xs, stub, &more, &n_more, e);
    for (size_t i = 0; !r && i < n_more; i++) {
        if (ARRAY_GROW(list, found))
            return err_nomem(e);
        list[found++] = more[i];
        fold_stub(list, &found, found - 1, domid);
    }
    if (r)
        return r;
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

int hv_libxl_open_functions(struct hv *hv, uint32_t domid, struct bdf **ret, size_t *n,
                            struct err *e)
{
    AUTO_FREE char *pid = NULL;
    int r = xs_getf(hv->xs, &pid, e, "/local/domain/%u/image/device-model-pid", domid);

    *ret = NULL;
    *n = 0;
    if (r || !pid)
        return r;
    r = dm_open_functions(hv->root, strtol(pid, NULL, 10), domid, ret, n);
    return r == -ENOMEM ? err_nomem(e) : 0;
}

static int find_open(struct hv *hv, const struct bdf *bdfs, size_t n, uint32_t domid,
                     struct hv_emulated **ret, size_t *n_ret, struct err *e)
{
    AUTO_FREE struct bdf *open = NULL;
    size_t n_open = 0;
    int r = hv_libxl_open_functions(hv, domid, &open, &n_open, e);

    for (size_t i = 0; !r && i < n_open; i++) {
        if (!bdf_in(bdfs, n, open[i]) || hv_libxl_denies(hv, domid, open[i]))
            continue;
        if (ARRAY_GROW(*ret, *n_ret))
            return err_nomem(e);
        (*ret)[(*n_ret)++] = (struct hv_emulated){ open[i], domid };
    }
    return r;
}

int hv_emulated(struct hv *hv, const struct bdf *bdfs, size_t n, struct hv_emulated **ret,
                size_t *n_ret, struct err *e)
{
    AUTO_FREE struct hv_emulated *list = NULL;
    AUTO_FREE char **domids = NULL;
    size_t n_domids = 0, found = 0;
    bool possible = false;
    int r = 0;

    for (size_t i = 0; i < n && !possible; i++)
        possible = dm_open_possible(hv->root, bdfs[i]);
    if (possible)
        r = xs_listf(hv->xs, &domids, &n_domids, e, "/local/domain");
    for (size_t d = 0; !r && d < n_domids; d++)
        r = find_open(hv, bdfs, n, (uint32_t)strtoul(domids[d], NULL, 10), &list, &found, e);
    if (r)
        return r;
    *ret = TAKE_PTR(list);
    *n_ret = found;
    return 0;
}
