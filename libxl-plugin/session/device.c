/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/device.h"

#include <errno.h>

#include "names/operand.h"
#include "pci/kdev.h"

int device_hv(struct xvtd *x, struct err *e)
{
    if (x->captured || !root_existsf(x->root, "proc/xen/capabilities"))
        return 0;
    return xvtd_hv(x, e);
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

    if (device_form(operand) == DEVICE_BDF) {
        r = bdf_parse_pattern(operand, &what, e);
        return r ? r : inventory_match(inv, what, ret, n, e);
    }
    r = find_kdev(x, operand, &what.bdf, e);
    if (r == -ENODEV && device_form(operand) == DEVICE_NAME) {
        struct err no_kdev = *e;

        r = device_hv(x, e);
        if (!r)
            r = device_operand(x, x->hv ? hv_records(x->hv) : NULL, operand, &what, e);
        if (r == -ENOENT && !x->hv)
            *e = no_kdev;
    }
    return r ? r : inventory_match(inv, what, ret, n, e);
}

void device_problems(const struct xvtd *x, const struct inventory *inv)
{
    const char *problem;

    for (size_t i = 0; (problem = inventory_problem(inv, i)); i++)
        xvtd_note(x, "unread", "", "warning: %s", problem);
}
