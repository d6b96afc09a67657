/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operand DEVICE: a BDF, a pattern, or a name that xl keeps in xenstore. */
#ifndef XVTD_DEVICE_H
#define XVTD_DEVICE_H

#include "bdf.h"
#include "err.h"
#include "hv.h"
#include "inventory.h"
#include "xvtd.h"

/*
 * What DEVICE stands for.  A name is looked up in libxl's records.  Errors: XV_USAGE for
 * what is neither, XV_NOT_FOUND for a name that nobody gave.
 */
int device_parse(struct hv *hv, const char *operand, struct bdf_pattern *ret, struct err *e);

/*
 * The functions that DEVICE stands for, in one block to be freed: for `show`, `groups` and
 * `list` also an interface or a block device.  A name needs the hypervisor, which is opened
 * then.  Errors: XV_USAGE, XV_NOT_FOUND, XV_CANNOT.
 */
int device_find(struct xvtd *x, const struct inventory *inv, const char *operand,
                struct bdf **ret, size_t *n, struct err *e);

/* Notes what was odd in the host's own tale of its devices, for people. */
void device_problems(const struct xvtd *x, const struct inventory *inv);

/* True for `[a-z][a-z0-9_-]*` that is no hexadecimal number. */
bool device_name_valid(const char *name);

#endif
