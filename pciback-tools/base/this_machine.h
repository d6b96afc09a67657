/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that a program works on when no --root is given.  A unit test links its own
 * two functions: a made-up machine.
 */
#ifndef XVTD_HOST_H
#define XVTD_HOST_H

#include <stdbool.h>

#include "base/root.h"

/* Opens `/`; the caller closes it.  Errors: XV_NOT_FOUND. */
int host_open(struct root **ret, struct err *e);

/* True when the tree is the running machine's and that is Xen's dom0: ask the hypervisor. */
bool host_is_xen(const struct root *root);

#endif
