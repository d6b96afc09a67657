/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of VFIO groups, /dev/vfio/N: one for each IOMMU group with a function in vfio-pci
 * (drivers/vfio/vfio_main.c).
 */
#ifndef XVTD_VFIO_H
#define XVTD_VFIO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/root.h"

/*
 * True when a program has the group open.  vfio allows one program and answers EBUSY to others.
 * While the group is open, unbinding a function from vfio-pci waits, and no native driver may have
 * a function of the group.
 */
bool vfio_in_use(const struct root *root, int group);

/* The owner of the group's file; root when there is no file, like that of a new one. */
uid_t vfio_owner(const struct root *root, int group);

/* Gives the group's file to a user.  Errors: XV_FAILED, -ENOENT without a file. */
int vfio_set_owner(const struct root *root, int group, uid_t uid, struct err *e);

#endif
