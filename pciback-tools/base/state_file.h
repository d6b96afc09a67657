/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folders and files that keep state between runs; they belong to root.  A file that another user
 * could have written is not read.  A write returns when the whole file is on disk.
 */
#ifndef XVTD_BASE_STATE_FILE_H
#define XVTD_BASE_STATE_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "base/root.h"

#define STATE_DIR "/var/lib/xvtd"

/*
 * Opens STATE_DIR below root, or the folder `sub` in it, and makes it when missing.  sub may be
 * NULL.  Errors: as state_dir_open().
 */
int state_open(const struct root *root, const char *sub, int *ret, struct err *e);

/*
 * The text of a file in a folder (or AT_FDCWD), followed by a NUL; the caller frees it.  The file
 * must be regular, not a link, owned by this user, not writable for others, and at most max bytes
 * long.  Errors: XV_NOT_FOUND, XV_REFUSED, XV_CANNOT.
 */
int state_read(int folder, const char *name, size_t max, char **ret, size_t *len,
               struct err *e);

/*
 * Makes or replaces a file with mode 0600, atomically; it is on disk on return, with its folder.
 * Errors: XV_CANNOT.
 */
int state_write(int folder, const char *name, const char *text, size_t len, struct err *e);

/* The same with another mode. */
int state_write_mode(int folder, const char *name, const char *text, size_t len, unsigned mode,
                     struct err *e);

/* Removes a file, on disk too; a missing file is no error.  Errors: XV_CANNOT. */
int state_remove(int folder, const char *name, struct err *e);

/* Appends all of the text to a file, or none of it.  0 or a negative errno. */
int state_append(int fd, const char *text, size_t len);

/* Writes all of the text.  0 or a negative errno. */
int state_write_all(int fd, const char *text, size_t len);

#endif
