/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operand DEVICE of all programs: a BDF, a pattern, or a device's name. */
#ifndef XVTD_OPERAND_H
#define XVTD_OPERAND_H

#include "base/bdf.h"
#include "base/err.h"
#include "base/program.h"
#include "names/names.h"
#include "xen/record.h"

/*
 * The function with this name, from /etc/xvtd/names or from libxl's records of this boot (NULL:
 * those are not read).  *was, unless NULL, is the BDF at which the name was given, which differs
 * from *ret for a moved device.  Errors: XV_NOT_FOUND, -ENOENT for an unknown name, -ENODEV for an
 * absent device; XV_REFUSED when the name is ambiguous, or file and records disagree; XV_CANNOT.
 */
int device_named(const struct root *root, const struct records *records, const char *name,
                 struct bdf *ret, struct bdf *was, struct err *e);

/* The name of the function at this BDF, from either; "" for none. */
void device_name_of(const struct root *root, const struct records *records, struct bdf bdf,
                    char buf[DEVICE_NAME_MAX]);

/*
 * Copies the name in /etc/xvtd/names of the function at this BDF to libxl's records, unless those
 * have one.  Errors: XV_CANNOT, XV_FAILED.
 */
int device_name_tell(const struct root *root, const struct records *records, struct bdf bdf,
                     struct err *e);

/*
 * Resolves DEVICE, with a note when a named device has moved.  With x->twins TWINS_ALLOWED, a name
 * of identical devices that have moved is the one at its BDF.  Errors: as device_named(), and
 * XV_USAGE for text that is neither name nor BDF.
 */
int device_operand(struct xvtd *x, const struct records *records, const char *operand,
                   struct bdf_pattern *ret, struct err *e);

#endif
