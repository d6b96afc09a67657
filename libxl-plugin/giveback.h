/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From pciback to the native driver, with Xen's quarantine and libxl's records. */
#ifndef XVTD_GIVEBACK_H
#define XVTD_GIVEBACK_H

#include "driver.h"
#include "hv.h"

/*
 * Gives the function to `native` (driver "": whatever the kernel finds), from pciback or
 * from wherever an interrupted move left it; with rebind false it is left without a
 * driver.  A name that xl gave is kept, the driver's record goes.  *now, unless NULL:
 * what has it then.  Errors: XV_FAILED.
 */
int give_back(const struct root *root, struct hv *hv, struct bdf bdf,
              const struct driver_state *native, bool rebind, struct driver_state *now,
              struct err *e);

/*
 * The driver that libxl's record names for the function; "" when there is no record or
 * the driver is not registered any more.
 */
int native_on_record(const struct root *root, struct hv *hv, struct bdf bdf,
                     struct driver_state *ret, struct err *e);

#endif
