/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/giveback.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/history.h"
#include "hide/hide.h"
#include "xen/quarantine.h"

#define DRIVERS "/sys/bus/pci/drivers/"

/*
 * First into Xen's quarantine: a function hidden at boot may never have been there, and Xen refuses
 * when a guest has the function, before anything is taken from that guest.  Then out of pciback,
 * then out of the quarantine: the native driver must find that dom0 owns the function.
 */
static int leave(const struct root *root, struct bdf bdf, bool xen, struct err *e)
{
    int r = xen ? quarantine_set(bdf, true, e) : 0;

    if (!r)
        r = driver_leave_pciback(root, bdf, e);
    if (!r && xen)
        r = quarantine_set(bdf, false, e);
    return r;
}

/*
 * A function without a driver may come from a leave() that was killed: pciback may still list it,
 * and Xen may still quarantine it.  Both are ended without asking; nothing to end is no failure.
 */
static int leave_rest(const struct root *root, struct bdf bdf, bool xen, struct err *e)
{
    int r = driver_forget_slot(root, bdf, e);

    if (!r && xen) {
        r = quarantine_set(bdf, false, e);
        if (r == -ENODEV)
            r = 0;
    }
    return r;
}

int give_back(const struct root *root, const struct records *records, struct bdf bdf,
              const struct driver_state *native, bool rebind, struct driver_state *now,
              struct err *e)
{
    struct driver_state is;
    int r;

    r = driver_look(root, bdf, &is, e);
    if (!r && !strcmp(is.driver, PCIBACK))
        r = leave(root, bdf, records->xs != NULL, e);
    else if (!r && !*is.driver)
        r = leave_rest(root, bdf, records->xs != NULL, e);
    if (r || !rebind)
        return r;
    r = driver_restore(root, bdf, native, now, e);
    return r ? r : record_set(records, bdf, "driver_path", NULL, e);
}

void native_path(const char *driver, char buf[NATIVE_PATH_MAX])
{
    snprintf(buf, NATIVE_PATH_MAX, DRIVERS "%s", driver);
}

int native_record(const struct records *records, struct bdf bdf, const char *driver,
                  struct err *e)
{
    char path[NATIVE_PATH_MAX];

    native_path(driver, path);
    return record_set(records, bdf, "driver_path", path, e);
}

int forget_device(const struct root *root, const struct records *records, struct bdf bdf,
                  struct err *e)
{
    static const char *const keys[] = { "driver_path", "allow", "name", "vf" };
    bool there = root_existsf(root, "sys/bus/pci/devices/%s", BDF_STR(bdf));
    int r = 0;

    if (!there && !hide_at_boot(root, bdf))
        r = driver_forget_slot(root, bdf, e);
    for (size_t i = 0; !r && i < ARRAY_LEN(keys); i++)
        r = record_set(records, bdf, keys[i], NULL, e);
    return r ? r : history_forget(root, bdf, e);
}

/* Was another device at this address when a guest got it? */
static bool is_replaced(const struct root *root, struct bdf bdf)
{
    char was[IDENTITY_TEXT_MAX], is[IDENTITY_TEXT_MAX];
    struct identity id;
    struct err ignored;

    history_identity(root, bdf, was);
    if (!*was || identity_read(root, bdf, &id, &ignored))
        return false;
    identity_format(&id, is);
    return strcmp(was, is) != 0;
}

int native_on_record(const struct root *root, const struct records *records, struct bdf bdf,
                     struct driver_state *ret, struct err *e)
{
    AUTO_FREE char *path = NULL;
    const char *name;
    int r = record_get(records, bdf, "driver_path", &path, e);

    *ret = (struct driver_state){ "", "" };
    if (r || !path || is_replaced(root, bdf))
        return r;
    name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (!driver_name_valid(name) || !driver_registered(root, name))
        return 0;
    snprintf(ret->driver, sizeof(ret->driver), "%s", name);
    return 0;
}
