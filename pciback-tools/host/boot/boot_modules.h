/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's module lists say (/lib/modules/VERSION): whether something is a module,
 * and which modules would take a function.  Text files of depmod(8), so that a captured or
 * another machine's tree can be read.
 */
#ifndef XVTD_BOOT_MODULES_H
#define XVTD_BOOT_MODULES_H

#include "base/root.h"
#include "boot/hide_format.h"

enum boot_module { BOOT_MODULE_MISSING, BOOT_MODULE_LOADABLE, BOOT_MODULE_BUILTIN };

/* The running kernel's version; "" where the tree does not tell. */
void boot_kernel(const struct root *root, char *buf, size_t size);

/* `-` and `_` are one in name ("xen-pciback"). */
enum boot_module boot_module_find(const struct root *root, const char *version,
                                  const char *name);

/*
 * Fills devices[].drivers by modules.alias, and with the module of the driver that has the
 * function now; pciback, pci-stub and vfio-pci are none.  Errors: -ENOMEM.
 */
int boot_native_modules(const struct root *root, const char *version,
                        struct hide_device *devices, size_t n, struct err *e);

/* True when the driver that has the function now is part of the kernel. */
bool boot_driver_builtin(const struct root *root, const char *driver);

#endif
