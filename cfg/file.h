/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cfg on disk: read whole, replaced whole.  The only file of cfg/ that touches the
 * file system.
 *
 * Links are followed by hand, through descriptors of the folders.  Where others may
 * write to a folder, a link in it must be root's or the file's owner's.  A replacement
 * is written beside the old file (.NAME.xvtd), gets its owner, mode and extended
 * attributes (ACLs and the SELinux label are among them), is synced, and takes the
 * old one's name: at any moment the name leads to the old text or the new one.
 */
#ifndef XVTD_CFG_FILE_H
#define XVTD_CFG_FILE_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

/* A cfg of a person is some KiB; past this a file is something else. */
#define CFG_FILE_MAX (16u << 20)

struct cfg_file;

enum cfg_file_mode {
    CFG_READ,
    CFG_WRITE,  /* also locks the folder (lock.h), so that two of us take turns */
};

/*
 * Opens and reads path.  A lock that another process holds is waited for, as lock.h
 * tells.  Errors: XV_NOT_FOUND (no such file), XV_USAGE (no regular file, or longer
 * than CFG_FILE_MAX), XV_REFUSED (an untrusted link; CFG_WRITE: a file with several
 * names, of which only one would be changed), XV_CANNOT (no permission, a read-only
 * file system), XV_FAILED.
 */
int cfg_file_open(struct cfg_file **ret, const char *path, enum cfg_file_mode mode,
                  struct err *e);

/* The text as it was read, cfg_file_size() bytes and a NUL; lives as long as the file. */
const char *cfg_file_text(const struct cfg_file *file);
size_t cfg_file_size(const struct cfg_file *file);

/*
 * Puts len bytes at text in its place; needs CFG_WRITE.  On failure the old file is
 * there and nothing beside it.  Errors: XV_FAILED (among them: somebody else changed
 * it since it was read, disk full), XV_CANNOT (read-only, owner or label cannot be
 * kept); XV_INCOMPLETE when the new file is in place, but the folder could not be
 * synced.
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
