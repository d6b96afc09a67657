/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders that these programs keep state in: nobody else may plant anything there. */
#ifndef XVTD_BASE_STATE_DIR_H
#define XVTD_BASE_STATE_DIR_H

#include "base/err.h"
#include "base/root.h"

/*
 * Opens a folder below root ("run/xvtd"), made with this mode when missing; *ret is a
 * descriptor that the caller closes.  Errors: XV_CANNOT, no permission, a link, or a folder that
 * belongs to or can be written by others.
 */
int state_dir_open(const struct root *root, const char *path, unsigned mode, int *ret,
                   struct err *e);

#endif
