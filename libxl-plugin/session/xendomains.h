/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xendomains does to running guests when dom0 goes down: the settings of Xen's own
 * (tools/hotplug/Linux/xendomains.in) and of Debian's, which has fewer.
 */
#ifndef XVTD_XENDOMAINS_H
#define XVTD_XENDOMAINS_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/root.h"

struct xendomains {
    char saves_in[PATH_MAX];    /* the folder in which it saves running guests; "" if it does not */
    const char *file;           /* the file that sets this, below the root; NULL for none */
    bool auto_only;             /* saves only guests that it would start */
    bool ejected;               /* the service xvtd-guests takes their devices out before */
};

/* All zero if xendomains does not run at the host's shutdown. */
void xendomains_read(const struct root *root, struct xendomains *ret);

/* Does it save the guest with this name? Errors: -ENOMEM. */
int xendomains_saves(const struct root *root, const struct xendomains *settings,
                     const char *name, bool *ret, struct err *e);

#endif
