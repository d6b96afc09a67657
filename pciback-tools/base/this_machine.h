/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that a program works on without --root.  A unit test links its own two functions
 * and gets a made-up machine.
 */
#ifndef XVTD_HOST_H
#define XVTD_HOST_H

#include <stdbool.h>

#include "base/root.h"

/* Opens `/`; the caller closes it.  Errors: XV_NOT_FOUND. */
int host_open(struct root **ret, struct err *e);

/* True when root is the running machine and that is Xen's dom0, so the hypervisor can be asked. */
bool host_is_xen(const struct root *root);

#endif
