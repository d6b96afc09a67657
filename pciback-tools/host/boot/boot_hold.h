/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Will the next boot of dom0 have a function ready for guests?  By what is configured. */
#ifndef XVTD_BOOT_HOLD_H
#define XVTD_BOOT_HOLD_H

#include "assignable/assignable_file.h"
#include "boot/hide_status.h"

struct boot_hold {
    struct hide_source *sources;
    size_t n_sources;
    struct hide_reading line;           /* where no file of ours says what it will be */
    struct assignable_line *lines;
    size_t n_lines;
};

/*
 * Reads the boot configuration and /etc/xvtd/assignable; one that is faulty holds nothing.
 * ret is zeroed by the caller; boot_hold_clear() in any case.  Errors: -ENOMEM.
 */
int boot_hold_read(struct boot_hold *ret, const struct root *root, struct err *e);
void boot_hold_clear(struct boot_hold *hold);

/* Pure. */
bool boot_holds(const struct boot_hold *hold, struct bdf bdf);

#endif
