/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operand DEVICE: a BDF, a pattern, or a name that xl keeps in xenstore. */
#ifndef XVTD_DEVICE_H
#define XVTD_DEVICE_H

#include "bdf.h"
#include "err.h"
#include "hv.h"

/*
 * What DEVICE stands for.  A name is looked up in libxl's records.  Errors: XV_USAGE for
 * what is neither, XV_NOT_FOUND for a name that nobody gave.
 */
int device_parse(struct hv *hv, const char *operand, struct bdf_pattern *ret, struct err *e);

/* True for `[a-z][a-z0-9_-]*` that is no hexadecimal number. */
bool device_name_valid(const char *name);

#endif
