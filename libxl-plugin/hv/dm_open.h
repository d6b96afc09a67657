/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which host functions a device model emulates, by what the kernel says of open files.  QEMU
 * keeps a function's configuration space open for writing as long as it has the function
 * (hw/xen/xen-host-pci-device.c), and the file's path has the segment, which QEMU's own device
 * id lacks.  No device model is asked.
 */
#ifndef XVTD_DM_OPEN_H
#define XVTD_DM_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/root.h"

/*
 * May a process have the function's configuration space open for writing?  False only where
 * the kernel says that none has.
 */
bool dm_open_possible(const struct root *root, struct bdf bdf);

/*
 * The functions whose configuration space process `pid` has open for writing; *ret is to be
 * freed.  domid: the domain whose device model this is, by its command line.  Errors: -ESRCH,
 * this process is not, or no longer, that device model; -ENOMEM.
 */
int dm_open_functions(const struct root *root, long pid, uint32_t domid, struct bdf **ret,
                      size_t *n);

#endif
