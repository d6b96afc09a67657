/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of a host function until it is given back, and across two commands.
 * On Xen these are libxl's own records in xenstore, /libxl/pci/<dddd-bb-ss-f>/<key>
 * (libxl_pci.c, pci_info_xs_path()), so that xl can go on where these programs stopped and
 * the other way round; on other machines they are files in /run/xvtd, which end with the
 * boot as xenstore does.
 *
 * Keys: "driver_path", the driver that gets the function back, "/sys/bus/pci/drivers/NAME";
 * "allow", the overrides that were given with it (allow.h); on Xen also "domid", who has it,
 * and "name", what xl calls it.
 */
#ifndef XVTD_RECORD_H
#define XVTD_RECORD_H

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"
#include "xen/xs.h"

struct records {
    struct xs *xs;              /* NULL: there is no Xen */
    const struct root *root;    /* used without xs */
};

/* A value, to be freed; *ret is NULL where there is none.  Errors: XV_CANNOT. */
int record_get(const struct records *records, struct bdf bdf, const char *key, char **ret,
               struct err *e);

/* Writes a value, or removes it when it is NULL.  Errors: XV_FAILED, XV_CANNOT. */
int record_set(const struct records *records, struct bdf bdf, const char *key,
               const char *value, struct err *e);

/*
 * The function whose "name" this is.  Errors: XV_NOT_FOUND, -ENOENT, where no function has
 * it, and where there is no Xen; XV_CANNOT.
 */
int record_by_name(const struct records *records, const char *name, struct bdf *ret,
                   struct err *e);

#endif
