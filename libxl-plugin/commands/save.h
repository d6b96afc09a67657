/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --save: makes the guest's cfg match the running guest.  Finds the file and tries the change
 * beforehand; writes the file after the hypervisor's part is verified.
 */
#ifndef XVTD_SAVE_H
#define XVTD_SAVE_H

#include "cfg/spec.h"
#include "decide/facts.h"
#include "decide/guest_step.h"
#include "session/xvtd.h"

struct save {
    char *file;         /* NULL without --save */
    bool adding;        /* assign; false: detach */
    struct spec *specs; /* the plan's change of the cfg */
    size_t n;
    char *diff;         /* the lines that would change */
};

/* A guest's device as an item of its cfg; owns nothing. */
struct spec save_spec(const struct guest_pci *pci);

/*
 * Finds the cfg (file: the option's value, "" to look in /etc/xen, NULL without --save) and tries
 * the plan's change on its text.  A guest of libvirt has none, so it has to be named.  The caller calls save_clear() in any case.  Errors:
 * XV_NOT_FOUND, XV_REFUSED, XV_USAGE, XV_CANNOT.
 */
int save_prepare(struct save *save, struct xvtd *x, const char *file, const struct facts *facts,
                 const struct plan *plan, struct err *e);

/*
 * In a dry run prints the lines that would change.  Else writes the file, for the steps of the
 * plan that are done or were so already.  Errors: XV_INCOMPLETE: the guest has changed and the
 * file has not.
 */
int save_write(struct save *save, struct xvtd *x, const struct plan *plan, struct err *e);

void save_clear(struct save *save);

#endif
