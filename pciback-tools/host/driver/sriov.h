/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions: made by the driver of their PF (drivers/pci/iov.c). */
#ifndef XVTD_SRIOV_H
#define XVTD_SRIOV_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"

/*
 * Has the PF's driver make `want` (1 to ffff) virtual functions, and sees that they are there.
 * No driver takes them: sriov_probe() is for those that dom0 is to have.  *made: there were
 * none before; false when there are as many already.  Errors: XV_CANNOT for a function that can make none, or not
 * so many; XV_REFUSED where there is another number, which would have to go first; XV_FAILED.
 */
int sriov_make(const struct root *root, struct bdf pf, unsigned want, bool *made,
               struct err *e);

/* Gives the PF's virtual functions that have no driver and no override to theirs.  Errors: XV_FAILED. */
int sriov_probe(const struct root *root, struct bdf pf, struct err *e);

#endif
