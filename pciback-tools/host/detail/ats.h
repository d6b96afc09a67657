/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address Translation Services of a function (PCIe 10.5.1). */
#ifndef XVTD_ATS_H
#define XVTD_ATS_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/root.h"

/* Are they switched on?  Xen does that with `ats` on its command line; false when unknown. */
bool ats_is_on(const struct root *root, struct bdf bdf);

#endif
