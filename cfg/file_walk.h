/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path walked by descriptors, link by link. */
#ifndef XVTD_CFG_FILE_WALK_H
#define XVTD_CFG_FILE_WALK_H

#include <limits.h>
#include <sys/stat.h>

#include "base/err.h"

struct walked {
    int dir;                    /* the folder that holds the file; O_PATH */
    char name[NAME_MAX + 1];    /* its name there, which is not a link */
    struct stat st;             /* of the file */
};

/*
 * Follows path to a file that is not a link.  A link in a folder that other users may write to
 * must belong to root or to the owner of the file that it leads to.  The caller closes ret->dir.
 * Errors: XV_NOT_FOUND, XV_REFUSED, XV_CANNOT, XV_FAILED.
 */
int file_walk(const char *path, struct walked *ret, struct err *e);

#endif
