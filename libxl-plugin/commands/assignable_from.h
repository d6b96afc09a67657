/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assignable add --from: the devices that a file names, line by line. */
#ifndef XVTD_ASSIGNABLE_FROM_H
#define XVTD_ASSIGNABLE_FROM_H

#include "session/xvtd.h"

/*
 * First makes virtual functions, then devices assignable, each line by itself.  A line that fails
 * stops no other line; its error has the line number.  Errors: XV_INCOMPLETE if some failed; as
 * assignable_file_read().
 */
int assignable_add_from(struct xvtd *x, const char *path, unsigned allow, struct err *e);

#endif
