/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's file tree, `/` or a captured one (--root DIR).  Every path is
 * relative to it ("sys/bus/pci/devices"), and no link leads out of it
 * (openat2(2), RESOLVE_IN_ROOT).
 */
#ifndef XVTD_BASE_ROOT_H
#define XVTD_BASE_ROOT_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct root;

/* dir: the tree, or NULL for `/`.  Errors: XV_NOT_FOUND. */
int root_open(struct root **ret, const char *dir, struct err *e);
struct root *root_close(struct root *root);

static inline void root_close_p(struct root **root)
{
    *root = root_close(*root);
}

/* True for the machine that this program runs on. */
bool root_is_host(const struct root *root);

/* The tree's own path, "" for `/`, for libraries that open paths themselves. */
const char *root_prefix(const struct root *root);

/*
 * Opens a file below the tree, as open(2) would.  Returns a descriptor that the caller closes, or a
 * negative errno.  path is a printf format.  In a captured tree only regular files and folders are
 * opened, else -EINVAL.
 */
int root_openf(const struct root *root, int flags, const char *path, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A short file's text without its trailing newlines, cut at size - 1 bytes.
 * Returns its length or a negative errno.
 */
int root_readf(const struct root *root, char *buf, size_t size, const char *path, ...)
    __attribute__((format(printf, 4, 5)));

/* A link's own text; returns 0 or a negative errno. */
int root_readlinkf(const struct root *root, char buf[PATH_MAX], const char *path, ...)
    __attribute__((format(printf, 3, 4)));

/* The last component of a link's text, or "" where there is no link. */
void root_link_name(const struct root *root, char *buf, size_t size, const char *path, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The same for a file in a folder that root_openf() has opened (O_PATH is enough): cheaper when
 * several files of one folder are read.  root_open_at() follows no link and opens only regular
 * files.  root_read_at() reads with one read(), which is enough for attributes of sysfs.
 */
int root_open_at(int folder, const char *name);
int root_read_at(int folder, const char *name, char *buf, size_t size);
void root_link_name_at(int folder, const char *name, char *buf, size_t size);

/* A folder's stream, or NULL with errno set. */
DIR *root_opendirf(const struct root *root, const char *path, ...)
    __attribute__((format(printf, 2, 3)));

/* The next entry that is not `.` or `..`, or NULL. */
struct dirent *root_readdir(DIR *dir);

/* True when the path exists; a link is followed. */
bool root_existsf(const struct root *root, const char *path, ...)
    __attribute__((format(printf, 2, 3)));

#endif
