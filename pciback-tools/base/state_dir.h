/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders of these programs' state.  Other users cannot put files there. */
#ifndef XVTD_BASE_STATE_DIR_H
#define XVTD_BASE_STATE_DIR_H

#include "base/err.h"
#include "base/root.h"

/*
 * Opens a folder below root ("run/xvtd"), and makes it with this mode when missing.  *ret is a
 * descriptor that the caller closes.  Errors: XV_CANNOT without permission, for a link, and for a
 * folder that another user owns or can write to.
 */
int state_dir_open(const struct root *root, const char *path, unsigned mode, int *ret,
                   struct err *e);

#endif
