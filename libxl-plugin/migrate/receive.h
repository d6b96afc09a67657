/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other end of `migrate`: what the host does that the guest comes to. */
#ifndef XVTD_RECEIVE_H
#define XVTD_RECEIVE_H

#include <stdio.h>

#include "session/xvtd.h"

/*
 * Reads orders, a line each, and answers each with a line, until there are no more.  What goes
 * wrong with one is its answer.  Errors: XV_REFUSED for a line that is too long.
 */
int receive_orders(struct xvtd *x, FILE *in, FILE *out, struct err *e);

#endif
