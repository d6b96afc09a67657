/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which guest had a function last, since dom0's boot: a file in /run/xvtd for each, which a
 * reboot clears as it clears the devices.
 */
#ifndef XVTD_HISTORY_H
#define XVTD_HISTORY_H

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"

#define HISTORY_UUID_MAX 40

/* 1 and its UUID, 0 where nothing is noted, or a negative errno. */
int history_read(const struct root *root, struct bdf bdf, char uuid[HISTORY_UUID_MAX]);

/* This guest has it, or had it until now.  Errors: XV_CANNOT. */
int history_note(const struct root *root, struct bdf bdf, const char *uuid, struct err *e);

#endif
