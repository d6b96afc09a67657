/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders that these programs keep state in: nobody else may plant anything there. */
#ifndef XVTD_BASE_STATE_DIR_H
#define XVTD_BASE_STATE_DIR_H

#include "base/err.h"

/*
 * Opens a folder, made 0700 when missing ("/run/xvtd"); *ret is a descriptor that the
 * caller closes.  Errors: XV_CANNOT, no permission or a folder that belongs to or can be
 * written by others.
 */
int state_dir_open(const char *dir, int *ret, struct err *e);

#endif
