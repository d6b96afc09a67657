/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tables of mounts and swap areas.  The only user of libmount, which is opened on
 * demand: it loads libselinux and others, half a megabyte, and most functions have no mounts.
 */
#ifndef XVTD_MOUNT_TABLE_H
#define XVTD_MOUNT_TABLE_H

#include <sys/types.h>

#include "base/err.h"
#include "base/root.h"

/* A line of a table; a text is NULL when the line lacks it. */
struct mount_entry {
    const char *source;     /* "/dev/vda1" */
    const char *target;     /* "/home" */
    const char *type;       /* "ext4" */
    dev_t devno;            /* the mounted device's number; 0 for swap */
};

typedef int mount_entry_fn(void *user, const struct mount_entry *entry, struct err *e);

/*
 * Calls `call` with each mount of mountinfo (a path below root), or each area of /proc/swaps, until
 * it returns other than 0, and returns that.  A kernel without swap has no areas.  Errors:
 * XV_CANNOT.
 */
int mount_table_mounts(const struct root *root, const char *mountinfo, mount_entry_fn *call,
                       void *user, struct err *e);
int mount_table_swaps(const struct root *root, mount_entry_fn *call, void *user, struct err *e);

#endif
