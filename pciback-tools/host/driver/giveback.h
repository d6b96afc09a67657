/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the driver that keeps a function for guests to its native one. */
#ifndef XVTD_GIVEBACK_H
#define XVTD_GIVEBACK_H

#include "driver/driver.h"
#include "xen/record.h"

/*
 * Gives the function to `native` (driver "": whatever the kernel finds), from pciback and,
 * on Xen, its quarantine, or from wherever an interrupted move left it; with rebind false
 * it is left without a driver.  A name that xl gave is kept, the driver's record goes.
 * *now, unless NULL: what has it then.  Errors: XV_FAILED, XV_CANNOT.
 */
int give_back(const struct root *root, const struct records *records, struct bdf bdf,
              const struct driver_state *native, bool rebind, struct driver_state *now,
              struct err *e);

#define NATIVE_PATH_MAX (DRIVER_NAME_MAX + 32)

/* The record of that driver. */
void native_path(const char *driver, char buf[NATIVE_PATH_MAX]);

/* Records the driver that is to get the function back.  Errors: XV_FAILED, XV_CANNOT. */
int native_record(const struct records *records, struct bdf bdf, const char *driver,
                  struct err *e);

/*
 * The driver on record for the function; ret->driver is "" when there is none, or the
 * kernel does not have that driver any more.  Errors: XV_CANNOT.
 */
int native_on_record(const struct root *root, const struct records *records, struct bdf bdf,
                     struct driver_state *ret, struct err *e);

#endif
