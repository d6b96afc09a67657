/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/xvtd/policy: what this host's owner decides once for all commands.  A line is KEY = VALUE,
 * empty, or begins with #.
 *
 *   reset = strict|warn    what cannot be reset does not change hands, or does with a warning
 *   irq = auto|plain       as assign's --irq
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

/* No file is an empty one.  Errors: XV_CANNOT for a line that is not known. */
int policy_read(const struct root *root, struct policy *ret, struct err *e);

#endif
