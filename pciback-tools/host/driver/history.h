/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest that had a function last since dom0's boot, and the identity of the device that it had:
 * two files for each function in /run/xvtd.  A reboot removes these files, and it resets the
 * devices.
 */
#ifndef XVTD_HISTORY_H
#define XVTD_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/identity.h"
#include "base/root.h"

#define HISTORY_UUID_MAX 40

/* Returns 1 and the guest's UUID, 0 when none is recorded, or a negative errno. */
int history_read(const struct root *root, struct bdf bdf, char uuid[HISTORY_UUID_MAX]);

/* Records that this guest has the function, or had it until now.  Errors: XV_CANNOT. */
int history_note(const struct root *root, struct bdf bdf, const char *uuid, struct err *e);

/*
 * Records the identity of the device at this address, so that another one is noticed later.  The
 * identity of an earlier one is removed in any case.  Errors: XV_CANNOT, XV_FAILED.
 */
int history_identify(const struct root *root, struct bdf bdf, struct err *e);

/* Reads that identity as text, "" when none is recorded. */
void history_identity(const struct root *root, struct bdf bdf, char buf[IDENTITY_TEXT_MAX]);

/*
 * Records that a running guest had a device that left the host, and whether there was one.  uuid:
 * the guest's; a domid may come again.  Errors: XV_CANNOT.
 */
int history_note_lost(const struct root *root, uint32_t domid, const char *uuid, struct err *e);
bool history_lost(const struct root *root, uint32_t domid, const char *uuid);

/* Removes both: the device has left the host.  Errors: XV_CANNOT. */
int history_forget(const struct root *root, struct bdf bdf, struct err *e);

#endif
