/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would dom0 miss this function?  What lives on it, from its folder in sysfs up to
 * mounts, swap and network addresses.
 */
#ifndef XVTD_INUSE_H
#define XVTD_INUSE_H

#include <stddef.h>

#include "bdf.h"
#include "err.h"
#include "root.h"

#define HOLDER_CHAIN_MAX 384

/* One thing that would be lost. */
struct holder {
    const char *what;       /* static: "mount", "swap", "address", "bridge", ... */
    char chain[HOLDER_CHAIN_MAX];        /* from the function up: "nvme0n1 > dm-1 > /home" */
};

/*
 * Everything in dom0 that uses the function.  *ret is to be freed; *n is 0 when dom0
 * would not miss it.  Errors: XV_CANNOT, when the mounts cannot be read: then nobody
 * knows.
 */
int inuse_find(const struct root *root, struct bdf bdf, struct holder **ret, size_t *n,
               struct err *e);

#endif
