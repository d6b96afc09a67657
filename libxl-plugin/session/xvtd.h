/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of xvtd share beside program.h: the hypervisor, opened when first asked for. */
#ifndef XVTD_XVTD_H
#define XVTD_XVTD_H

#include "base/program.h"
#include "hv/hv.h"

/* Opens the hypervisor's interfaces once.  Errors: XV_CANNOT. */
int xvtd_hv(struct xvtd *x, struct err *e);

#endif
