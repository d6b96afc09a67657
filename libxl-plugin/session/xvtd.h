/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the commands of xvtd beside program.h: the hypervisor, opened at its first use. */
#ifndef XVTD_XVTD_H
#define XVTD_XVTD_H

#include "base/program.h"
#include "hv/hv.h"

/* Opens the hypervisor's interfaces once.  Errors: XV_CANNOT. */
int xvtd_hv(struct xvtd *x, struct err *e);

#endif
