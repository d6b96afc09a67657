/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/driver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "driver/sysfs_write.h"

#define DRIVERS "sys/bus/pci/drivers"
#define DEVICES "sys/bus/pci/devices"

int driver_look(const struct root *root, struct bdf bdf, struct driver_state *ret,
                struct err *e)
{
    struct driver_state now;
    int r;

    if (!root_existsf(root, DEVICES "/%s", BDF_STR(bdf)))
        return err_on(e, XV_NOT_FOUND, ENODEV, BDF_STR(bdf), "this host has no such device");
    root_link_name(root, now.driver, sizeof(now.driver), DEVICES "/%s/driver", BDF_STR(bdf));
    r = root_readf(root, now.override, sizeof(now.override), DEVICES "/%s/driver_override",
                   BDF_STR(bdf));
    if (r < 0 && r != -ENOENT)
        return err_sys_on(e, XV_FAILED, -r, BDF_STR(bdf), "read its driver_override");
    if (r < 0 || !strcmp(now.override, "(null)"))
        now.override[0] = '\0';
    *ret = now;
    return 0;
}

bool driver_name_valid(const char *name)
{
    return *name && !name[strspn(name, TEXT_ALNUM "_-")] && strlen(name) < DRIVER_NAME_MAX;
}

bool driver_is_native(const char *driver)
{
    return *driver && strcmp(driver, PCIBACK) != 0 && strcmp(driver, "pci-stub") != 0 &&
           strcmp(driver, "vfio-pci") != 0;
}

bool driver_registered(const struct root *root, const char *driver)
{
    return root_existsf(root, DRIVERS "/%s/bind", driver);
}

static int write_attr(const struct root *root, struct bdf bdf, struct err *e,
                      const char *value, const char *dir, const char *attr)
{
    char path[PATH_MAX];
    int r;

    snprintf(path, sizeof(path), "%s/%s", dir, attr);
    r = sysfs_write(root, path, value);
    return r ? err_sys_on(e, XV_FAILED, -r, BDF_STR(bdf), "write '%s' to /%s",
                          *value == '\n' ? "" : value, path)
             : 0;
}

int driver_functions(const struct root *root, const char *driver, struct bdf **ret, size_t *n,
                     struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "sys/bus/pci/drivers/%s", driver);
    AUTO_FREE struct bdf *list = NULL;
    const struct dirent *entry;
    size_t found = 0;
    struct bdf bdf;

    while (dir && (entry = root_readdir(dir))) {
        if (!bdf_from_sysfs(entry->d_name, strlen(entry->d_name), &bdf))
            continue;
        if (ARRAY_GROW(list, found))
            return err_nomem(e);
        list[found++] = bdf;
    }
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

int driver_set_override(const struct root *root, struct bdf bdf, const char *driver,
                        struct err *e)
{
    char dir[PATH_MAX];

    snprintf(dir, sizeof(dir), DEVICES "/%s", BDF_STR(bdf));
    return write_attr(root, bdf, e, *driver ? driver : "\n", dir, "driver_override");
}

static int unbind(const struct root *root, struct bdf bdf, const char *driver, struct err *e)
{
    char dir[PATH_MAX];

    if (!*driver)
        return 0;
    snprintf(dir, sizeof(dir), DRIVERS "/%s", driver);
    return write_attr(root, bdf, e, BDF_STR(bdf), dir, "unbind");
}

/* Reads the driver link: a write to drivers_probe succeeds even when no driver binds. */
static int see_driver(const struct root *root, struct bdf bdf, const char *want, struct err *e)
{
    struct driver_state now;
    int r = driver_look(root, bdf, &now, e);

    if (r)
        return r;
    if (strcmp(now.driver, want))
        return err_on(e, XV_FAILED, EIO, BDF_STR(bdf), "driver '%s' did not take it; it has %s%s%s",
                      want, *now.driver ? "'" : "", *now.driver ? now.driver : "no driver",
                      *now.driver ? "'" : "");
    return 0;
}

int driver_take(const struct root *root, struct bdf bdf, const char *driver, struct err *e)
{
    struct driver_state before;
    struct err ignored;
    int r;

    r = driver_look(root, bdf, &before, e);
    if (r || !strcmp(before.driver, driver))
        return r;
    r = driver_set_override(root, bdf, driver, e);
    if (r)
        return r;
    r = unbind(root, bdf, before.driver, e);
    if (!r)
        r = write_attr(root, bdf, e, BDF_STR(bdf), "sys/bus/pci", "drivers_probe");
    if (!r)
        r = see_driver(root, bdf, driver, e);
    /* On failure the caller restores the override. */
    if (!r)
        r = driver_set_override(root, bdf, before.override, e);
    else
        driver_set_override(root, bdf, before.override, &ignored);
    return r;
}

int driver_forget_slot(const struct root *root, struct bdf bdf, struct err *e)
{
    int r = sysfs_write(root, DRIVERS "/" PCIBACK "/remove_slot", BDF_STR(bdf));

    if (r && r != -ENOENT)
        return err_sys_on(e, XV_FAILED, -r, BDF_STR(bdf), "write '%s' to /" DRIVERS "/" PCIBACK
                          "/remove_slot", BDF_STR(bdf));
    return 0;
}

int driver_leave_pciback(const struct root *root, struct bdf bdf, struct err *e)
{
    struct driver_state now;
    int r;

    r = driver_look(root, bdf, &now, e);
    if (r || strcmp(now.driver, PCIBACK))
        return r;
    r = unbind(root, bdf, PCIBACK, e);
    if (r)
        return r;
    /* Without this, pciback would bind it at the next probe. */
    return driver_forget_slot(root, bdf, e);
}

int driver_leave(const struct root *root, struct bdf bdf, struct err *e)
{
    struct driver_state now;
    int r = driver_look(root, bdf, &now, e);

    if (!r && !strcmp(now.driver, PCIBACK))
        return driver_leave_pciback(root, bdf, e);
    return r ? r : unbind(root, bdf, now.driver, e);
}

int driver_restore(const struct root *root, struct bdf bdf, const struct driver_state *want,
                   struct driver_state *now, struct err *e)
{
    struct driver_state is;
    int r;

    r = driver_look(root, bdf, &is, e);
    if (r)
        return r;
    if (strcmp(is.driver, want->driver) || !*want->driver) {
        bool to_pciback = !strcmp(want->driver, PCIBACK);

        if (!strcmp(is.driver, PCIBACK) && !to_pciback)
            r = driver_leave_pciback(root, bdf, e);
        else
            r = unbind(root, bdf, is.driver, e);
        /* The driver's name as override keeps other drivers away, also those loaded meanwhile. */
        if (!r)
            r = driver_set_override(root, bdf, want->driver, e);
        if (!r)
            r = write_attr(root, bdf, e, BDF_STR(bdf), "sys/bus/pci", "drivers_probe");
        if (!r && *want->driver)
            r = see_driver(root, bdf, want->driver, e);
        if (r) {
            struct err ignored;

            driver_set_override(root, bdf, want->override, &ignored);
            return r;
        }
    }
    r = driver_look(root, bdf, &is, e);
    if (!r && strcmp(is.override, want->override))
        r = driver_set_override(root, bdf, want->override, e);
    if (!r)
        r = driver_look(root, bdf, now ? now : &is, e);
    return r;
}
