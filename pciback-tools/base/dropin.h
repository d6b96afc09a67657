/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own files in folders of the boot configuration.  Nothing else is written or removed,
 * and a folder that had to be made goes again with the file.
 */
#ifndef XVTD_DROPIN_H
#define XVTD_DROPIN_H

#include <stddef.h>

#include "base/err.h"
#include "base/root.h"

enum dropin_status { DROPIN_ABSENT, DROPIN_UNCHANGED, DROPIN_WRITTEN, DROPIN_REMOVED };

struct dropin {
    const char *path;       /* below the root, without a leading slash */
    unsigned mode;
    char *text;             /* what it is to hold, with the mark in it; NULL: it is to go */
    enum dropin_status status;
};

/*
 * What would be done, in dropins[].status; nothing is.  Errors: XV_REFUSED, a file of that
 * name that does not have the mark is somebody else's.
 */
int dropin_check(const struct root *root, const char *mark, struct dropin *dropins, size_t n,
                 struct err *e);

/*
 * Does it, all or nothing.  Errors: as dropin_check(); XV_FAILED, what had been done is
 * undone; XV_CANNOT, no permission.
 */
int dropin_apply(const struct root *root, const char *mark, struct dropin *dropins, size_t n,
                 struct err *e);

/* A whole file's text, to be freed; NULL where there is none or it is over 1 MiB. */
char *dropin_read(const struct root *root, const char *path);

#endif
