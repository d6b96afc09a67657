/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tables of mounts and swap areas.  The one user of libmount, which is opened
 * when a table is read: it brings libselinux and others with it, half a megabyte, and a
 * network card's use does not depend on mounts.
 */
#ifndef XVTD_MOUNT_TABLE_H
#define XVTD_MOUNT_TABLE_H

#include <sys/types.h>

#include "base/err.h"
#include "base/root.h"

/* A line of a table; each text is NULL where the line has none. */
struct mount_entry {
    const char *source;     /* "/dev/vda1" */
    const char *target;     /* "/home" */
    const char *type;       /* "ext4" */
    dev_t devno;            /* of the mounted device; 0 for swap */
};

typedef int mount_entry_fn(void *user, const struct mount_entry *entry, struct err *e);

/*
 * Calls with each mount of mountinfo (a path below root), or each area of /proc/swaps, until
 * a call returns other than 0, and returns that.  A kernel without swap has no areas.
 * Errors: XV_CANNOT.
 */
int mount_table_mounts(const struct root *root, const char *mountinfo, mount_entry_fn *call,
                       void *user, struct err *e);
int mount_table_swaps(const struct root *root, mount_entry_fn *call, void *user, struct err *e);

#endif
