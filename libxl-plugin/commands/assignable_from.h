/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assignable add --from: what a file names, line by line. */
#ifndef XVTD_ASSIGNABLE_FROM_H
#define XVTD_ASSIGNABLE_FROM_H

#include "session/xvtd.h"

/*
 * Makes virtual functions first, then devices assignable, each line by itself: a line that fails
 * does not keep the others, and its error tells where it stands.  Errors: XV_INCOMPLETE when
 * some failed; as assignable_file_read().
 */
int assignable_add_from(struct xvtd *x, const char *path, unsigned allow, struct err *e);

#endif
