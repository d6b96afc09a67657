/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about a host function that are kept until it is given back, across commands.  On Xen these
 * are libxl's records in xenstore, /libxl/pci/<dddd-bb-ss-f>/<key> (libxl_pci.c,
 * pci_info_xs_path()), so that xl and these programs can continue each other's work.  Without Xen
 * they are files in /run/xvtd, which also end with the boot.
 *
 * Keys: "driver_path", the driver that will get the function back, "/sys/bus/pci/drivers/NAME";
 * "allow", the overrides given with it (allow.h); "vf", the settings of a virtual function
 * (vf_record.h); on Xen also "domid", its guest, and "name", its
 * name in xl.
 */
#ifndef XVTD_RECORD_H
#define XVTD_RECORD_H

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"
#include "xen/xs.h"

struct records {
    struct xs *xs;              /* NULL: not on Xen */
    const struct root *root;    /* used without xs */
};

/* Reads a value, freed by the caller; *ret is NULL without one.  Errors: XV_CANNOT. */
int record_get(const struct records *records, struct bdf bdf, const char *key, char **ret,
               struct err *e);

/* Writes a value; NULL removes it.  Errors: XV_FAILED, XV_CANNOT. */
int record_set(const struct records *records, struct bdf bdf, const char *key,
               const char *value, struct err *e);

/*
 * The function with this "name".  Errors: XV_NOT_FOUND, -ENOENT, when there is none or this is not
 * Xen; XV_CANNOT.
 */
int record_by_name(const struct records *records, const char *name, struct bdf *ret,
                   struct err *e);

#endif
