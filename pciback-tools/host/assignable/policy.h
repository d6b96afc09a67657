/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/xvtd/policy: decisions of this host's administrator for all commands.  A line is KEY =
 * VALUE, empty, or begins with #.
 *
 *   reset = strict|warn    a function that cannot be reset is refused, or assigned with a warning
 *   irq = auto|plain       as --irq of assign
 */
#ifndef XVTD_POLICY_H
#define XVTD_POLICY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/root.h"

struct policy {
    bool strict_reset;
    bool irq_plain;
};

/* A missing file means the defaults.  Errors: XV_USAGE for an unknown line; XV_CANNOT. */
int policy_read(const struct root *root, struct policy *ret, struct err *e);

#endif
