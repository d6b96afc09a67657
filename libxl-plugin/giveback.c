/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "giveback.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"

/*
 * Out of pciback and out of the quarantine, in this order: the driver that gets the
 * function must find it owned by dom0 again, or its DMA faults.
 */
static int leave(const struct root *root, struct hv *hv, struct bdf bdf, struct err *e)
{
    AUTO_FREE char *name = NULL;
    int r;

    /*
     * A function hidden at boot was never quarantined, and Xen refuses to take out what
     * is not in.
     */
    r = hv_quarantine(hv, bdf, true, e);
    if (!r)
        r = hv_record_get(hv, bdf, "name", &name, e);
    if (!r)
        r = driver_leave_pciback(root, bdf, e);
    if (!r)
        r = hv_quarantine(hv, bdf, false, e);
    if (!r && name)
        r = hv_record_set(hv, bdf, "name", name, e);
    return r;
}

int give_back(const struct root *root, struct hv *hv, struct bdf bdf,
              const struct driver_state *native, bool rebind, struct driver_state *now,
              struct err *e)
{
    struct driver_state is;
    int r;

    r = driver_look(root, bdf, &is, e);
    if (!r && !strcmp(is.driver, PCIBACK))
        r = leave(root, hv, bdf, e);
    if (r || !rebind)
        return r;
    r = driver_restore(root, bdf, native, now, e);
    return r ? r : hv_record_set(hv, bdf, "driver_path", NULL, e);
}

int native_on_record(const struct root *root, struct hv *hv, struct bdf bdf,
                     struct driver_state *ret, struct err *e)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    AUTO_FREE char *path = NULL;
    const char *name;
    int r = hv_record_get(hv, bdf, "driver_path", &path, e);

    *ret = (struct driver_state){ "", "" };
    if (r || !path)
        return r;
    name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (name[strspn(name, letters)] || strlen(name) >= sizeof(ret->driver) ||
        !driver_registered(root, name))
        return 0;
    snprintf(ret->driver, sizeof(ret->driver), "%s", name);
    return 0;
}
