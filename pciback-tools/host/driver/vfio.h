/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of VFIO groups, /dev/vfio/N: one for each IOMMU group of which vfio-pci has a
 * function (drivers/vfio/vfio_main.c).
 */
#ifndef XVTD_VFIO_H
#define XVTD_VFIO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/root.h"

/*
 * Does a program have the group open?  vfio allows one at a time and says EBUSY to the
 * next; while one has it, taking a function from vfio-pci waits for it, and no native
 * driver may have one of the group's functions.
 */
bool vfio_in_use(const struct root *root, int group);

/* The user that the group's file belongs to; root where there is none, as when it comes. */
uid_t vfio_owner(const struct root *root, int group);

/* Gives the group's file to a user.  Errors: XV_FAILED, -ENOENT where there is no such file. */
int vfio_set_owner(const struct root *root, int group, uid_t uid, struct err *e);

#endif
