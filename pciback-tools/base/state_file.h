/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives a program: folders and files that belong to root alone.  What others could
 * have written is not read, and a file is on disk, whole, when a function here says so.
 */
#ifndef XVTD_BASE_STATE_FILE_H
#define XVTD_BASE_STATE_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "base/root.h"

#define STATE_DIR "/var/lib/xvtd"

/*
 * Opens STATE_DIR below root, or the folder `sub` in it; made where it is missing.  sub: NULL
 * for none.  As state_dir_open().
 */
int state_open(const struct root *root, const char *sub, int *ret, struct err *e);

/*
 * The text of a file in a folder (or AT_FDCWD), with a NUL behind it, to be freed.  Only of
 * a regular file, no link, that this user owns, nobody else may write to and that has at
 * most max bytes.  Errors: XV_NOT_FOUND, XV_REFUSED, XV_CANNOT.
 */
int state_read(int folder, const char *name, size_t max, char **ret, size_t *len,
               struct err *e);

/*
 * Makes or replaces a file, mode 0600: on disk, folder included, and never half of it.
 * Errors: XV_CANNOT.
 */
int state_write(int folder, const char *name, const char *text, size_t len, struct err *e);

/* The same with another mode. */
int state_write_mode(int folder, const char *name, const char *text, size_t len, unsigned mode,
                     struct err *e);

/* Removes it, on disk too; what is not there is fine.  Errors: XV_CANNOT. */
int state_remove(int folder, const char *name, struct err *e);

/* Adds all of it to the end of a file, or nothing.  0 or a negative errno. */
int state_append(int fd, const char *text, size_t len);

/* Writes all of it.  0 or a negative errno. */
int state_write_all(int fd, const char *text, size_t len);

#endif
