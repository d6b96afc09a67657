/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device.h"

#include <errno.h>
#include <string.h>

#include "kdev.h"

bool device_name_valid(const char *name)
{
    size_t n = strlen(name);

    return *name >= 'a' && *name <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n &&
           strspn(name, "0123456789abcdef") != n;
}

int device_parse(struct hv *hv, const char *operand, struct bdf_pattern *ret, struct err *e)
{
    int r;

    if (!device_name_valid(operand))
        return bdf_parse_pattern(operand, ret, e);
    *ret = (struct bdf_pattern){ .all = false };
    r = hv_record_by_name(hv, operand, &ret->bdf, e);
    if (r == -ENOENT)
        err_hint(e, "a device is named by its PCI address (02:00.0, see `xvtd list`), or by a "
                    "name given with `xl pci-assignable-add -n`");
    return r;
}

static int find_kdev(struct xvtd *x, const char *name, struct bdf *ret, struct err *e)
{
    CLEANUP(kdevs_close_p) struct kdevs *k = NULL;
    int r = kdevs_open(&k, x->root, e);

    return r ? r : kdevs_find(k, name, ret, e);
}

int device_find(struct xvtd *x, const struct inventory *inv, const char *operand,
                struct bdf **ret, size_t *n, struct err *e)
{
    struct bdf_pattern what = { .all = false };
    int r = 0;

    if (bdf_like(operand)) {
        r = bdf_parse_pattern(operand, &what, e);
        return r ? r : inventory_match(inv, what, ret, n, e);
    }
    r = find_kdev(x, operand, &what.bdf, e);
    /* A name is looked up in xenstore. */
    if (r == -ENODEV && device_name_valid(operand) && !x->captured &&
        !(r = xvtd_hv(x, e)))
        r = device_parse(x->hv, operand, &what, e);
    return r ? r : inventory_match(inv, what, ret, n, e);
}

void device_problems(const struct xvtd *x, const struct inventory *inv)
{
    const char *problem;

    for (size_t i = 0; (problem = inventory_problem(inv, i)); i++)
        xvtd_note(x, "warning: %s", problem);
}
