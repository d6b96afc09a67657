/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the tests of the in-use guard: devices in the made-up tree, and the result. */
#ifndef XVTD_INUSE_MACHINE_H
#define XVTD_INUSE_MACHINE_H

#include "base/bdf.h"
#include "base/root.h"

/* Makes a device's folder and its link in a class: "class/net", "bus/usb/devices". */
void add_kdev(const char *class, const char *name, const char *folder, ...)
    __attribute__((format(printf, 3, 4)));

/* A block device; one that lies on another (dm-0 on sda2), the first or a further one. */
void add_block(const char *name, unsigned major, unsigned minor, const char *folder);
void add_stacked(const char *name, unsigned major, unsigned minor, const char *below);

/* A line of mountinfo; devno: "8:1". */
void mount_on(const char *devno, const char *source, const char *where, const char *type);

/* All holders as "what: chain; ..." in a static buffer; "error: ..." if they are unknown. */
const char *in_use(const struct root *root, struct bdf bdf);

#endif
