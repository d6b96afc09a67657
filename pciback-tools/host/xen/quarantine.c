/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xen/quarantine.h"

#include <errno.h>
#include <stdio.h>
#include <xenctrl.h>

#include "base/library.h"
#include "base/root.h"

/*
 * libxenctrl is opened on demand: these programs also run without Xen, and its interface depends on
 * the running Xen's release.
 */
static struct {
    xc_interface *(*open)(xentoollog_logger *, xentoollog_logger *, unsigned);
    int (*close)(xc_interface *);
    int (*assign)(xc_interface *, uint32_t, uint32_t, uint32_t);
    int (*deassign)(xc_interface *, uint32_t, uint32_t);
} xc;

static const struct library_symbol symbols[] = {
    { "xc_interface_open", (void **)&xc.open },
    { "xc_interface_close", (void **)&xc.close },
    { "xc_assign_device", (void **)&xc.assign },
    { "xc_deassign_device", (void **)&xc.deassign },
};

static int open_library(struct err *e)
{
    CLEANUP(root_close_p) struct root *root = NULL;
    char major[8], minor[8], file[40];
    int r;

    if (xc.open)
        return 0;
    r = root_open(&root, NULL, e);
    if (r)
        return r;
    if (root_readf(root, major, sizeof(major), "sys/hypervisor/version/major") < 0 ||
        root_readf(root, minor, sizeof(minor), "sys/hypervisor/version/minor") < 0)
        return err_set(e, XV_CANNOT, ENODEV, "/sys/hypervisor does not give Xen's version");
    snprintf(file, sizeof(file), "libxenctrl.so.%s.%s", major, minor);
    if (library_open(file, symbols, ARRAY_LEN(symbols)))
        return 0;
    return err_set(e, XV_CANNOT, ELIBACC, "the library of this Xen, %s, cannot be used", file);
}

static uint32_t machine_sbdf(struct bdf bdf)
{
    return bdf.segment << 16 | (uint32_t)bdf.bus << 8 | (uint32_t)bdf.slot << 3 | bdf.func;
}

int quarantine_set(struct bdf bdf, bool on, struct err *e)
{
    const char *what = on ? "put into" : "take out of";
    xc_interface *xch;
    int r = open_library(e);

    if (r) {
        err_prefix(e, "%s: %s Xen's quarantine", BDF_STR(bdf), what);
        return r;
    }
    xch = xc.open(NULL, NULL, 0);
    if (!xch)
        return err_sys_on(e, XV_CANNOT, errno, BDF_STR(bdf),
                          "%s Xen's quarantine: open the hypervisor's control interface", what);
    /* Nothing is mapped in DOMID_IO, so reserved memory cannot conflict there. */
    if (on)
        r = xc.assign(xch, DOMID_IO, machine_sbdf(bdf), XEN_DOMCTL_DEV_RDM_RELAXED);
    else
        r = xc.deassign(xch, DOMID_IO, machine_sbdf(bdf));
    r = r ? -errno : 0;
    xc.close(xch);
    return r ? err_sys_on(e, XV_FAILED, -r, BDF_STR(bdf), "%s Xen's quarantine", what) : 0;
}
