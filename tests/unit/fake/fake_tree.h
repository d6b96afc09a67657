/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up machine's file tree in a temporary folder, as for --root. */
#ifndef XVTD_FAKE_TREE_H
#define XVTD_FAKE_TREE_H

#include <stdbool.h>

#include "base/root.h"

/* Makes an empty tree; the former one must have been removed. */
void tree_begin(void);
void tree_end(void);

/* The tree's own path. */
const char *tree_dir(void);

/* Sets the result of host_is_xen(); false in a new tree. */
extern bool tree_on_xen;

/* A struct root on the tree; the caller closes it. */
struct root *tree_root(void);

/* Each makes the folders of the path, and replaces an existing file. */
void tree_mkdir(const char *path, ...) __attribute__((format(printf, 1, 2)));
void tree_write(const char *text, const char *path, ...) __attribute__((format(printf, 2, 3)));
void tree_write_bytes(const void *bytes, size_t len, const char *path, ...)
    __attribute__((format(printf, 3, 4)));
void tree_append(const char *text, const char *path, ...) __attribute__((format(printf, 2, 3)));
void tree_link(const char *target, const char *path, ...) __attribute__((format(printf, 2, 3)));
void tree_remove(const char *path, ...) __attribute__((format(printf, 1, 2)));

/*
 * A link from `from` to `to`, both below the tree, relative as in sysfs: up to sys/ and down
 * again.
 */
void tree_sys_link(const char *from, const char *to);

#endif
