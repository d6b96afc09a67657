/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest that had a function last since dom0's boot: one file for each function in /run/xvtd.
 * A reboot removes these files, and it resets the devices.
 */
#ifndef XVTD_HISTORY_H
#define XVTD_HISTORY_H

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"

#define HISTORY_UUID_MAX 40

/* Returns 1 and the guest's UUID, 0 when none is recorded, or a negative errno. */
int history_read(const struct root *root, struct bdf bdf, char uuid[HISTORY_UUID_MAX]);

/* Records that this guest has the function, or had it until now.  Errors: XV_CANNOT. */
int history_note(const struct root *root, struct bdf bdf, const char *uuid, struct err *e);

#endif
