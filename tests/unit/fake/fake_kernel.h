/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel behind sysfs_write(): devices and drivers in the made-up tree, with driver
 * links that move as Linux moves them, errno on nonsense included (drivers/base/bus.c,
 * drivers/pci/pci-driver.c, drivers/base/driver.c for driver_override,
 * drivers/xen/xen-pciback/pci_stub.c).  Writing an attribute that it does not know ends
 * the test: it would be a mistake that no real kernel forgives either.
 */
#ifndef XVTD_FAKE_KERNEL_H
#define XVTD_FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"

struct fake_ids {
    unsigned vendor, device, class;
};

/* A machine with a PCI bus and no devices, its tree begun; ends with kernel_end(). */
void kernel_begin(void);
void kernel_end(void);

/* Registers a driver; pciback comes with its own attributes. */
void kernel_add_driver(const char *name);

/* As unloading its module does, with what was bound to it. */
void kernel_remove_driver(const char *name);

/* The driver's probe fails from now on, as with broken hardware. */
void kernel_break_driver(const char *name, bool broken);

/*
 * Adds a function.  parent: the BDF of the bridge that it is behind, or NULL.  native:
 * the driver whose id table has it, or "".  It has no driver until kernel_bind().
 */
void kernel_add_device(const char *bdf, const char *parent, struct fake_ids ids,
                       const char *native);

/* The function's driver can make up to `total` virtual functions, at the addresses after it. */
void kernel_add_sriov(const char *bdf, const char *parent, unsigned total);

/* Puts a function into a driver ("" for none) as a boot would, without a write. */
void kernel_bind(const char *bdf, const char *driver);
void kernel_override(const char *bdf, const char *override);

/* The function's folder below the tree, "sys/devices/...". */
const char *kernel_path(const char *bdf);
const char *kernel_driver(struct bdf bdf);

/*
 * Are the modules xen-pciback, pci-stub and vfio-pci there, as module.h is told?  BROKEN:
 * they load and register nothing.
 */
enum fake_module { MODULE_MISSING, MODULE_LOADABLE, MODULE_BROKEN };
void kernel_set_module(enum fake_module module);

/*
 * Write number n from now on (1 is the next; 0 none) fails with errnum and without
 * effect; with errnum 0 it succeeds without effect.  onwards: and every one after it.
 */
void kernel_fail(unsigned n, int errnum, bool onwards);

/* Writes since kernel_begin() or kernel_forget(), failed ones too: "path=value". */
size_t kernel_writes(void);
const char *kernel_write(size_t i);
void kernel_forget(void);

/* Called before each write. */
extern void (*kernel_hook)(void);

/* All that can change, as text to compare and to show; to be freed. */
char *kernel_snapshot(void);

/* The same, to be brought back. */
void kernel_save(void);
void kernel_restore(void);

/* From a child process to its parent: what became of it all. */
void kernel_hand_over(void);
void kernel_take_over(void);

#endif
