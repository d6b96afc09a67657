/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver a host function has, and moving it to another one.
 *
 * Moves go through driver_override and drivers_probe (drivers/pci/pci-driver.c):
 * pciback honours an override and makes its own slot for it (xen-pciback/pci_stub.c,
 * pcistub_probe()).  The override that was set before is put back afterwards: with
 * one left over, xl's write to <driver>/bind fails.
 */
#ifndef XVTD_DRIVER_H
#define XVTD_DRIVER_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"
#include "pci/inventory.h"

#define PCIBACK "pciback"

struct driver_state {
    char driver[DRIVER_NAME_MAX];   /* "" for none */
    char override[DRIVER_NAME_MAX]; /* "" for none */
};

/* What is now.  Errors: XV_NOT_FOUND where there is no such function. */
int driver_look(const struct root *root, struct bdf bdf, struct driver_state *ret,
                struct err *e);

/* A driver's name, `[A-Za-z0-9_-]+`, that fits; never a path. */
bool driver_name_valid(const char *name);

/* A driver of dom0's own: none of those that hold a device for somebody else. */
bool driver_is_native(const char *driver);

/* True when the kernel has the driver, built in or loaded. */
bool driver_registered(const struct root *root, const char *driver);

/*
 * The functions that a driver has, in no order, in one block to be freed; none where there is no such
 * driver.  Errors: -ENOMEM.
 */
int driver_functions(const struct root *root, const char *driver, struct bdf **ret, size_t *n,
                     struct err *e);

/* Sets driver_override, or clears it with "".  Errors: XV_FAILED. */
int driver_set_override(const struct root *root, struct bdf bdf, const char *driver,
                        struct err *e);

/*
 * Brings the function to `driver` and sees that it is there; a no-op when it is.
 * On failure it may be left without a driver: driver_restore() to what
 * driver_look() told before.  Errors: XV_FAILED.
 */
int driver_take(const struct root *root, struct bdf bdf, const char *driver, struct err *e);

/*
 * Brings the function back to `want`, override included, from wherever it is, and
 * sees that it is there.  With want->driver "" whatever driver the kernel finds
 * takes it, or none; *now, unless NULL, is what has it then.  Errors: XV_FAILED.
 */
int driver_restore(const struct root *root, struct bdf bdf, const struct driver_state *want,
                   struct driver_state *now, struct err *e);

/* Takes the function off pciback's slot list; a no-op where it is not on it. */
int driver_forget_slot(const struct root *root, struct bdf bdf, struct err *e);

/*
 * Takes the function away from pciback and its slot list, leaving it without a
 * driver; a no-op when it is elsewhere.  Errors: XV_FAILED.
 */
int driver_leave_pciback(const struct root *root, struct bdf bdf, struct err *e);

/* The same from whatever driver it has. */
int driver_leave(const struct root *root, struct bdf bdf, struct err *e);

#endif
