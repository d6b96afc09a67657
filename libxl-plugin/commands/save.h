/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --save: the guest's cfg follows what was done to the running guest.  Everything that can
 * be known beforehand is: which file, and that the change fits it.  The file itself is
 * written after the hypervisor's part is verified.
 */
#ifndef XVTD_SAVE_H
#define XVTD_SAVE_H

#include "cfg/spec.h"
#include "decide/guest_step.h"
#include "session/xvtd.h"

struct save {
    char *file;         /* NULL: not asked for */
    bool adding;        /* assign; else detach */
    struct spec *specs; /* what the plan means for the cfg */
    size_t n;
    char *diff;         /* the lines that would change */
};

/* What a guest has, as an item of its cfg; it owns nothing. */
struct spec save_spec(const struct guest_pci *pci);

/*
 * Finds the cfg (file: the option's value, "" to look in /etc/xen, NULL when --save was not
 * given) and tries the plan's change on its text.  save_clear() in any case.  Errors: XV_NOT_FOUND, XV_REFUSED, XV_USAGE, XV_CANNOT.
 */
int save_prepare(struct save *save, struct xvtd *x, const char *file, const char *domain,
                 const struct plan *plan, struct err *e);

/*
 * In a dry run prints the lines that would change.  Else writes the file for those steps of the plan that are done, or were so already.  Errors:
 * XV_INCOMPLETE: the guest is changed and the file is not.
 */
int save_write(struct save *save, struct xvtd *x, const struct plan *plan, struct err *e);

void save_clear(struct save *save);

#endif
