/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Will the guests that xendomains starts with dom0 find their devices? */
#ifndef XVTD_CHECK_AUTO_H
#define XVTD_CHECK_AUTO_H

#include "boot/boot_hold.h"
#include "check/findings.h"
#include "pci/inventory.h"

/* One device of a cfg in /etc/xen/auto. */
struct auto_device {
    char file[128];         /* the cfg's name there */
    struct bdf bdf;
    bool present;           /* this host has it */
    bool held;              /* the next boot leaves it for guests: boot_holds() */
};

struct auto_devices {
    struct auto_device *list;
    size_t n;
};

/*
 * Reads the cfgs, without those that xl cannot read.  The caller zeroes ret, and frees its list
 * in any case.  Errors: -ENOMEM.
 */
int auto_devices_read(struct auto_devices *ret, const struct root *root,
                      const struct inventory *inv, struct err *e);

/* A finding for each cfg that will not start.  Pure. */
void judge_auto(const struct auto_devices *devices, struct findings *out);

#endif
