/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `migrate` on the other host: receives the guest's devices. */
#ifndef XVTD_RECEIVE_H
#define XVTD_RECEIVE_H

#include <stdio.h>

#include "session/xvtd.h"

/*
 * Reads orders, one a line, and answers each with a line, until the input ends.  A failed order
 * is an answer.  Errors: XV_REFUSED for a line that is too long.
 */
int receive_orders(struct xvtd *x, FILE *in, FILE *out, struct err *e);

#endif
