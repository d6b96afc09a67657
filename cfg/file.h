/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cfg on disk: read whole, replaced whole.  The only file of cfg/ that accesses the
 * file system.
 *
 * Links are followed one by one, through descriptors of the folders.  A link in a folder that
 * others may write to must belong to root or to the file's owner.  A replacement is written beside
 * the old file (.NAME.xvtd), with the same owner, mode and extended attributes (ACLs and the
 * SELinux label among them).  It is synced and renamed over the old file, so the name always leads
 * to the whole old text or the whole new one.
 */
#ifndef XVTD_CFG_FILE_H
#define XVTD_CFG_FILE_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

/* A person's cfg is some KiB; a longer file is not a cfg. */
#define CFG_FILE_MAX (16u << 20)

struct cfg_file;

enum cfg_file_mode {
    CFG_READ,
    CFG_WRITE,  /* also locks the folder (lock.h) against other xvtd processes */
};

/*
 * Opens and reads path.  Waits for a lock that another process holds, as in lock.h.  Errors:
 * XV_NOT_FOUND (no such file), XV_USAGE (not a regular file, or longer than CFG_FILE_MAX),
 * XV_REFUSED (an untrusted link; CFG_WRITE: a file with several names, since only one would
 * change), XV_CANNOT (no permission, a read-only file system), XV_FAILED.
 */
int cfg_file_open(struct cfg_file **ret, const char *path, enum cfg_file_mode mode,
                  struct err *e);

/* The text as it was read, cfg_file_size() bytes and a NUL; lives as long as the file. */
const char *cfg_file_text(const struct cfg_file *file);
size_t cfg_file_size(const struct cfg_file *file);

/*
 * Replaces the file's text with len bytes at text; requires CFG_WRITE.  On failure the old file
 * is unchanged and no other file is left.  Errors: XV_FAILED (another process changed the file
 * since it was read, the disk is full, ...), XV_CANNOT (read-only; owner or label cannot be kept),
 * XV_INCOMPLETE (the new file is in place, but the folder could not be synced).
 */
int cfg_file_replace(struct cfg_file *file, const char *text, size_t len, struct err *e);

/* Accepts NULL and returns NULL. */
struct cfg_file *cfg_file_close(struct cfg_file *file);

static inline void cfg_file_close_p(struct cfg_file **file)
{
    *file = cfg_file_close(*file);
}

#define AUTO_CFG_FILE CLEANUP(cfg_file_close_p)

#endif
