/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the parts of the guard. */
#include <stdio.h>

#include "base/this_machine.h"
#include "inuse/inuse_parts.h"

int inuse_xs(struct inuse *u, struct xs **ret, struct err *e)
{
    if (!u->xs_asked && host_is_xen(u->root)) {
        int r = xs_open_handle(&u->xs, e);

        if (r)
            return r;
    }
    u->xs_asked = true;
    *ret = u->xs;
    return 0;
}

int inuse_domain(struct xs *xs, unsigned domid, char *buf, size_t size, struct err *e)
{
    AUTO_FREE char *name = NULL;
    int r = xs ? xs_getf(xs, &name, e, "/local/domain/%u/name", domid) : 0;

    if (r)
        return r;
    if (name && *name)
        snprintf(buf, size, "%s", name);
    else
        snprintf(buf, size, "domain %u", domid);
    return 0;
}

const struct kdev *inuse_next(const struct inuse *u, struct bdf bdf, enum kdev_kind kind,
                              size_t *i)
{
    const struct kdev *dev;

    while ((dev = kdevs_below(u->kdevs, bdf, (*i)++)))
        if (dev->kind == kind)
            return dev;
    return NULL;
}
