/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions, which the driver of their PF creates (drivers/pci/iov.c). */
#ifndef XVTD_SRIOV_H
#define XVTD_SRIOV_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"

/*
 * Makes the PF's driver create `want` (1 to ffff) virtual functions, and checks that they are
 * there.  They stay without a driver; sriov_probe() gives dom0's ones theirs.  *made: true when it
 * created them, false when there were as many already.  Errors: XV_CANNOT for a function that
 * cannot have so many; XV_REFUSED when it has another number, which must be removed first;
 * XV_FAILED.
 */
int sriov_make(const struct root *root, struct bdf pf, unsigned want, bool *made,
               struct err *e);

/* Its checks alone; *made: it would create them. */
int sriov_check(const struct root *root, struct bdf pf, unsigned want, bool *made,
                struct err *e);

/* Binds the PF's virtual functions without driver and override.  Errors: XV_FAILED. */
int sriov_probe(const struct root *root, struct bdf pf, struct err *e);

#endif
