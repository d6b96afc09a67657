/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel behind sysfs_write(): devices and drivers in the made-up tree.  Driver links move as
 * Linux moves them, and bad writes fail with Linux's errno (drivers/base/bus.c,
 * drivers/pci/pci-driver.c, drivers/base/driver.c for driver_override,
 * drivers/xen/xen-pciback/pci_stub.c).  A write to an unknown attribute ends the test: it is
 * always a mistake.
 */
#ifndef XVTD_FAKE_KERNEL_H
#define XVTD_FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"

struct fake_ids {
    unsigned vendor, device, class;
};

/* Begins a machine with a PCI bus and no devices, and its tree; kernel_end() ends it. */
void kernel_begin(void);
void kernel_end(void);

/* Registers a driver; pciback comes with its own attributes. */
void kernel_add_driver(const char *name);

/* Removes a driver as unloading its module does, with all bound devices. */
void kernel_remove_driver(const char *name);

/* From now on the driver's probe fails, as with broken hardware. */
void kernel_break_driver(const char *name, bool broken);

/*
 * Adds a function.  parent: the BDF of its bridge, or NULL.  native: the driver whose ID table
 * has it, or "".  It has no driver until kernel_bind().
 */
void kernel_add_device(const char *bdf, const char *parent, struct fake_ids ids,
                       const char *native);

/* The function's driver can make up to `total` virtual functions, at the addresses after it. */
void kernel_add_sriov(const char *bdf, const char *parent, unsigned total);

/* Binds a function to a driver ("" for none) as a boot does, without a write. */
void kernel_bind(const char *bdf, const char *driver);
void kernel_override(const char *bdf, const char *override);

/* The function's folder below the tree, "sys/devices/...". */
const char *kernel_path(const char *bdf);
const char *kernel_driver(struct bdf bdf);

/*
 * Do the modules xen-pciback, pci-stub and vfio-pci exist for module.h? BROKEN: they load, but
 * register no driver.
 */
enum fake_module { MODULE_MISSING, MODULE_LOADABLE, MODULE_BROKEN };
void kernel_set_module(enum fake_module module);

/*
 * From now on write number n (1 is the next; 0 none) fails with errnum and without effect; with
 * errnum 0 it succeeds without effect.  onwards: later writes too.
 */
void kernel_fail(unsigned n, int errnum, bool onwards);

/* Writes since kernel_begin() or kernel_forget(), failed ones too: "path=value". */
size_t kernel_writes(void);
const char *kernel_write(size_t i);
void kernel_forget(void);

/* Called before each write. */
extern void (*kernel_hook)(void);

/* The whole state as text, to compare and to show; the caller frees it. */
char *kernel_snapshot(void);

/* The same, to restore it. */
void kernel_save(void);
void kernel_restore(void);

/* Hands a child process's state to its parent. */
void kernel_hand_over(void);
void kernel_take_over(void);

#endif
