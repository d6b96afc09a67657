/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's module lists (/lib/modules/VERSION): whether a driver is a module, and which modules
 * match a function.  They are text files of depmod(8), so the tree of another machine can be read.
 */
#ifndef XVTD_BOOT_MODULES_H
#define XVTD_BOOT_MODULES_H

#include "base/root.h"
#include "boot/hide_format.h"

enum boot_module { BOOT_MODULE_MISSING, BOOT_MODULE_LOADABLE, BOOT_MODULE_BUILTIN };

/* The running kernel's version; "" when the tree does not show it. */
void boot_kernel(const struct root *root, char *buf, size_t size);

/* Looks a module up by name; `-` and `_` are equal ("xen-pciback"). */
enum boot_module boot_module_find(const struct root *root, const char *version,
                                  const char *name);

/*
 * Fills devices[].drivers from modules.alias, and adds the module of the function's current driver.
 * Leaves pciback, pci-stub and vfio-pci out.  Errors: -ENOMEM.
 */
int boot_native_modules(const struct root *root, const char *version,
                        struct hide_device *devices, size_t n, struct err *e);

/* True when the function's current driver is built into the kernel. */
bool boot_driver_builtin(const struct root *root, const char *driver);

#endif
