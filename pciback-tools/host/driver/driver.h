/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver of a host function, and its change to another driver.
 *
 * A change uses driver_override and drivers_probe (drivers/pci/pci-driver.c).  pciback honours the
 * override and makes a slot for the function (xen-pciback/pci_stub.c, pcistub_probe()).  The old
 * override is restored afterwards: with a leftover one, xl's write to <driver>/bind fails.
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

/* Reads the current state.  Errors: XV_NOT_FOUND where there is no such function. */
int driver_look(const struct root *root, struct bdf bdf, struct driver_state *ret,
                struct err *e);

/* True for a driver's name, `[A-Za-z0-9_-]+`, that fits; never a path. */
bool driver_name_valid(const char *name);

/* True for dom0's own drivers: not pciback, pci-stub or vfio-pci. */
bool driver_is_native(const char *driver);

/* True when the kernel has the driver, built in or loaded. */
bool driver_registered(const struct root *root, const char *driver);

/*
 * The functions of a driver, in any order, in one block that the caller frees; none when there is
 * no such driver.  Errors: -ENOMEM.
 */
int driver_functions(const struct root *root, const char *driver, struct bdf **ret, size_t *n,
                     struct err *e);

/* Sets driver_override, or clears it with "".  Errors: XV_FAILED. */
int driver_set_override(const struct root *root, struct bdf bdf, const char *driver,
                        struct err *e);

/*
 * Gives the function to `driver` and checks the result; does nothing when the driver has it
 * already.  On failure the function may be without a driver: call driver_restore() with the state
 * that driver_look() returned before.  Errors: XV_FAILED.
 */
int driver_take(const struct root *root, struct bdf bdf, const char *driver, struct err *e);

/*
 * Gives the function back to `want`, override included, from any driver, and checks the result.
 * With want->driver "" any driver that matches may bind it, or none.  *now, unless NULL: the driver
 * afterwards.  Errors: XV_FAILED.
 */
int driver_restore(const struct root *root, struct bdf bdf, const struct driver_state *want,
                   struct driver_state *now, struct err *e);

/* Removes the function from pciback's slot list; does nothing when it is not listed. */
int driver_forget_slot(const struct root *root, struct bdf bdf, struct err *e);

/*
 * Removes the function from pciback and its slot list, and leaves it without a driver.  Does
 * nothing when pciback does not have it.  Errors: XV_FAILED.
 */
int driver_leave_pciback(const struct root *root, struct bdf bdf, struct err *e);

/* The same from any driver. */
int driver_leave(const struct root *root, struct bdf bdf, struct err *e);

#endif
