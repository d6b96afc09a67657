/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/xvtd.h"

int xvtd_hv(struct xvtd *x, struct err *e)
{
    return x->hv ? 0 : hv_open(&x->hv, x->verbose, e);
}
