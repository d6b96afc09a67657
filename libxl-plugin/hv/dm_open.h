/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the host functions that a device model emulates, by the kernel's list of open files.
 * QEMU keeps a function's configuration space open for writing while it has the function
 * (hw/xen/xen-host-pci-device.c).  The file's path has the segment, which QEMU's own device ID
 * lacks.  Asks no device model.
 */
#ifndef XVTD_DM_OPEN_H
#define XVTD_DM_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/root.h"

/*
 * May a process have the function's configuration space open for writing? False only if the
 * kernel says that none has.
 */
bool dm_open_possible(const struct root *root, struct bdf bdf);

/*
 * The functions whose configuration space process `pid` has open for writing; the caller frees
 * *ret.  domid: the process must be this domain's device model, by its command line.  Errors:
 * -ESRCH if it is not, or no longer; -ENOMEM.
 */
int dm_open_functions(const struct root *root, long pid, uint32_t domid, struct bdf **ret,
                      size_t *n);

#endif
