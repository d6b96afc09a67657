/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only function that changes the host through sysfs.  A unit test links its own sysfs_write():
 * a fake kernel that moves driver links and can fail at step N.
 */
#ifndef XVTD_SYSFS_WRITE_H
#define XVTD_SYSFS_WRITE_H

#include "base/root.h"

/*
 * One write(2) of value to the attribute at path ("sys/bus/pci/drivers_probe").
 * Returns 0 or the kernel's negative errno.
 */
int sysfs_write(const struct root *root, const char *path, const char *value);

#endif
