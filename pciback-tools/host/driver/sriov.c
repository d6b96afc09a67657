/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/sriov.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/driver.h"
#include "driver/sysfs_write.h"
#include "vf/vf_place.h"

#define DEVICE "sys/bus/pci/devices/%s/"

/* A number from sysfs; -1 when it is missing. */
static long number(const struct root *root, struct bdf bdf, const char *attribute)
{
    char text[32];

    if (root_readf(root, text, sizeof(text), DEVICE "%s", BDF_STR(bdf), attribute) <= 0)
        return -1;
    return strtol(text, NULL, 10);
}

static int write_number(const struct root *root, struct bdf bdf, const char *attribute, long n)
{
    char path[128], text[32];

    snprintf(path, sizeof(path), DEVICE "%s", BDF_STR(bdf), attribute);
    snprintf(text, sizeof(text), "%ld", n);
    return sysfs_write(root, path, text);
}

static int check(const struct root *root, struct bdf pf, long now, unsigned want, struct err *e)
{
    long total = number(root, pf, "sriov_totalvfs");
    struct driver_state driver;
    int r;

    if (total <= 0)
        return err_on(e, XV_CANNOT, EOPNOTSUPP, BDF_STR(pf), "it cannot have virtual functions");
    if (want > (unsigned long)total)
        return err_on(e, XV_CANNOT, ERANGE, BDF_STR(pf),
                      "it can make %ld virtual functions at most", total);
    if (now > 0) {
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(pf),
                   "it already has %ld virtual function%s: remove them first", now,
                   now == 1 ? "" : "s");
        err_kind(e, "vfs");
        err_hint(e, "echo 0 >/sys/bus/pci/devices/%s/sriov_numvfs removes them, even if they are "
                 "in use", BDF_STR(pf));
        return r;
    }
    r = driver_look(root, pf, &driver, e);
    if (!r && !driver_is_native(driver.driver)) {
        r = err_on(e, XV_CANNOT, ENODEV, BDF_STR(pf),
                   "%s%s has it, and only its own driver makes virtual functions",
                   *driver.driver ? "driver " : "no driver", driver.driver);
        err_hint(e, "do not hide it at boot: only its virtual functions are for guests");
    }
    return r;
}

int sriov_check(const struct root *root, struct bdf pf, unsigned want, bool *made, struct err *e)
{
    long now = number(root, pf, "sriov_numvfs");

    *made = now != (long)want;
    return *made ? check(root, pf, now, want, e) : 0;
}

int sriov_make(const struct root *root, struct bdf pf, unsigned want, bool *made, struct err *e)
{
    int r = sriov_check(root, pf, want, made, e);
    long probe;

    if (r || !*made)
        return r;
    *made = false;
    /* Before Linux 4.12 there is no such switch, so their driver binds them first. */
    probe = number(root, pf, "sriov_drivers_autoprobe");
    if (probe > 0 && (r = write_number(root, pf, "sriov_drivers_autoprobe", 0)))
        return err_sys_on(e, XV_FAILED, -r, BDF_STR(pf), "keep drivers from its virtual functions");
    r = write_number(root, pf, "sriov_numvfs", (long)want);
    if (probe > 0)
        write_number(root, pf, "sriov_drivers_autoprobe", probe);
    if (r)
        return err_sys_on(e, XV_FAILED, -r, BDF_STR(pf), "make %u virtual functions", want);
    if (number(root, pf, "sriov_numvfs") != (long)want)
        return err_on(e, XV_FAILED, EIO, BDF_STR(pf),
                      "its driver has not made the %u virtual functions", want);
    *made = true;
    return 0;
}

int sriov_probe(const struct root *root, struct bdf pf, struct err *e)
{
    struct bdf vf;
    int r = 0;

    for (unsigned i = 0; !r && vf_of(root, pf, i, &vf); i++) {
        struct driver_state driver;
        struct err ignored;

        if (driver_look(root, vf, &driver, &ignored) || *driver.driver || *driver.override)
            continue;
        r = sysfs_write(root, "sys/bus/pci/drivers_probe", BDF_STR(vf));
        if (r)
            r = err_sys_on(e, XV_FAILED, -r, BDF_STR(vf), "give it to its driver");
    }
    return r;
}
