/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What weakens the wall between a guest with devices and the host, where all works: advice, no
 * refusal.  Of the host itself check_host.c tells: interrupt remapping and quarantine.
 */
#ifndef XVTD_CHECK_SECURITY_H
#define XVTD_CHECK_SECURITY_H

#include "check/findings.h"
#include "decide/facts.h"

struct security {
    bool all_permissive;        /* xen-pciback's parameter `permissive`: every device is */
    struct bdf *ats;            /* guests' devices with Address Translation Services switched on */
    size_t n_ats;
};

/*
 * Looks at f->assigned, at f->dom's where there is one.  ret is zeroed by the caller, its list is
 * to be freed in any case.  Errors: -ENOMEM.
 */
int security_read(struct security *ret, const struct root *root, const struct facts *f,
                  struct err *e);

/* One finding a guest and kind.  Pure. */
void judge_security(const struct facts *f, const struct security *s, struct findings *out);

#endif
