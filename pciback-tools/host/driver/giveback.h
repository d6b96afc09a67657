/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives a function back from pciback, pci-stub or vfio-pci to its native driver. */
#ifndef XVTD_GIVEBACK_H
#define XVTD_GIVEBACK_H

#include "driver/driver.h"
#include "xen/record.h"

/*
 * Gives the function to `native` (driver "": the kernel chooses), out of pciback and, on Xen, its
 * quarantine, or from where an interrupted change left it.  rebind false: leaves it without a
 * driver.  Keeps a name given with xl; removes the driver's record.  *now, unless NULL: the driver
 * afterwards.  Errors: XV_FAILED, XV_CANNOT.
 */
int give_back(const struct root *root, const struct records *records, struct bdf bdf,
              const struct driver_state *native, bool rebind, struct driver_state *now,
              struct err *e);

#define NATIVE_PATH_MAX (DRIVER_NAME_MAX + 32)

/* The form in which a driver is recorded. */
void native_path(const char *driver, char buf[NATIVE_PATH_MAX]);

/* Records the driver that will get the function back.  Errors: XV_FAILED, XV_CANNOT. */
int native_record(const struct records *records, struct bdf bdf, const char *driver,
                  struct err *e);

/*
 * Removes the records of a function that has left the host, and its slot in pciback, unless the
 * boot hides that address: else pciback would take the next device there.  Errors: XV_FAILED,
 * XV_CANNOT.
 */
int forget_device(const struct root *root, const struct records *records, struct bdf bdf,
                  struct err *e);

/*
 * Reads the recorded driver of the function.  ret->driver is "" without a record, when the kernel
 * no longer has that driver, or when the record is about another device.  Errors: XV_CANNOT.
 */
int native_on_record(const struct root *root, const struct records *records, struct bdf bdf,
                     struct driver_state *ret, struct err *e);

#endif
