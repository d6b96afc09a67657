/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests' devices that do not answer because a link above them is down. */
#ifndef XVTD_CHECK_LINK_H
#define XVTD_CHECK_LINK_H

#include "check/findings.h"
#include "decide/facts.h"

struct dead_links {
    struct dead_link {
        struct bdf bdf, port;   /* port: the one that reports it */
        uint32_t domid;
    } *list;
    size_t n;
};

/*
 * Looks at the devices of f->dom, or of all guests if it is NULL.  The caller zeroes ret, and
 * frees its list in any case.  Errors: -ENOMEM.
 */
int dead_links_read(struct dead_links *ret, const struct root *root, const struct facts *f,
                    struct err *e);

/* One finding for each device.  Pure. */
void judge_dead_links(const struct facts *f, const struct dead_links *links,
                      struct findings *out);

#endif
