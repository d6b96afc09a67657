/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Advice on what weakens the isolation between a guest with devices and the host although all
 * works.  check_host.c has the findings on the host: interrupt remapping and quarantine.
 */
#ifndef XVTD_CHECK_SECURITY_H
#define XVTD_CHECK_SECURITY_H

#include "check/findings.h"
#include "decide/facts.h"

struct security {
    bool all_permissive;        /* xen-pciback's parameter `permissive`, for all devices */
    struct bdf *ats;            /* guests' devices with Address Translation Services switched on */
    size_t n_ats;
};

/*
 * Looks at the devices of f->dom, or of all guests if it is NULL.  The caller zeroes ret, and
 * frees its list in any case.  Errors: -ENOMEM.
 */
int security_read(struct security *ret, const struct root *root, const struct facts *f,
                  struct err *e);

/* One finding for each guest and kind.  Pure. */
void judge_security(const struct facts *f, const struct security *s, struct findings *out);

#endif
