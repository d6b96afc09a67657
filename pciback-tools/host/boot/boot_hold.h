/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out from the configuration whether the next boot of dom0 makes a function assignable. */
#ifndef XVTD_BOOT_HOLD_H
#define XVTD_BOOT_HOLD_H

#include "assignable/assignable_file.h"
#include "boot/hide_status.h"

struct boot_hold {
    struct hide_source *sources;
    size_t n_sources;
    struct hide_reading line;           /* the current line, when no file has the next one */
    struct assignable_line *lines;
    size_t n_lines;
};

/*
 * Reads the boot configuration and /etc/xvtd/assignable; a faulty file counts as empty.  The caller
 * zeroes ret, and calls boot_hold_clear() in any case.  Errors: -ENOMEM.
 */
int boot_hold_read(struct boot_hold *ret, const struct root *root, struct err *e);
void boot_hold_clear(struct boot_hold *hold);

/* True when the function will be assignable.  Pure. */
bool boot_holds(const struct boot_hold *hold, struct bdf bdf);

#endif
