/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operand DEVICE of all programs: a BDF, a pattern, or a name that somebody gave. */
#ifndef XVTD_OPERAND_H
#define XVTD_OPERAND_H

#include "base/bdf.h"
#include "base/err.h"
#include "base/program.h"
#include "names/names.h"
#include "xen/record.h"

/*
 * The function of this name: of /etc/xvtd/names, or one that xl was told in this boot
 * (libxl's records; NULL: they are not asked).  *was, unless NULL, is where the name was
 * given, which is not *ret for one that has moved.  Errors: XV_NOT_FOUND, -ENOENT for a name
 * that nobody gave, -ENODEV for a device that is gone; XV_REFUSED where it cannot be told which device is
 * meant, or file and xl mean different ones; XV_CANNOT.
 */
int device_named(const struct root *root, const struct records *records, const char *name,
                 struct bdf *ret, struct bdf *was, struct err *e);

/* The name of the function at this place, from either; "" for none. */
void device_name_of(const struct root *root, const struct records *records, struct bdf bdf,
                    char buf[DEVICE_NAME_MAX]);

/*
 * Tells xl the name that the function at this place has in /etc/xvtd/names, if xl has none for it.
 * Errors: XV_CANNOT, XV_FAILED.
 */
int device_name_tell(const struct root *root, const struct records *records, struct bdf bdf,
                     struct err *e);

/*
 * What DEVICE stands for.  People are told when a named device has moved.  Errors: as
 * device_named(), and XV_USAGE for what is neither name nor BDF.
 */
int device_operand(struct xvtd *x, const struct records *records, const char *operand,
                   struct bdf_pattern *ret, struct err *e);

#endif
