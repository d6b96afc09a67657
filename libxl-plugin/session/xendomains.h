/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xendomains does to running guests when dom0 goes down: the settings of Xen's own
 * (tools/hotplug/Linux/xendomains.in) and of Debian's, which knows fewer.
 */
#ifndef XVTD_XENDOMAINS_H
#define XVTD_XENDOMAINS_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/root.h"

struct xendomains {
    char saves_in[PATH_MAX];    /* it saves running guests there; "" it does not */
    const char *file;           /* where that is set, below the root; NULL for nowhere */
    bool auto_only;             /* those alone that it would start */
    bool ejected;               /* before that, the service xvtd-guests takes their devices out */
};

/* All zero where xendomains is not run when the host goes down. */
void xendomains_read(const struct root *root, struct xendomains *ret);

/* Would it save the guest of this name?  Errors: -ENOMEM. */
int xendomains_saves(const struct root *root, const struct xendomains *settings,
                     const char *name, bool *ret, struct err *e);

#endif
