/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bridge above a function. */
#ifndef XVTD_ABOVE_H
#define XVTD_ABOVE_H

#include "base/bdf.h"
#include "base/root.h"

/* The function right above, by its folder in sysfs; false on a root bus. */
bool bdf_above(const struct root *root, struct bdf bdf, struct bdf *ret);

#endif
