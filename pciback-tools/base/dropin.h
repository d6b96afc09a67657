/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own files in folders of the boot configuration.  No other file is written or removed.  A
 * folder that was made for a file is removed with it.
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
    char *text;             /* the wanted text, which includes the mark; NULL: remove the file */
    enum dropin_status status;
};

/*
 * Finds out what dropin_apply() would do, in dropins[].status, and changes nothing.  Errors:
 * XV_REFUSED when a file of that name does not have the mark, so that another program owns it.
 */
int dropin_check(const struct root *root, const char *mark, struct dropin *dropins, size_t n,
                 struct err *e);

/*
 * Writes and removes the files, all or none.  Errors: as dropin_check(); XV_FAILED, and the changes
 * are undone; XV_CANNOT without permission.
 */
int dropin_apply(const struct root *root, const char *mark, struct dropin *dropins, size_t n,
                 struct err *e);

/* A whole file's text, freed by the caller; NULL where there is no file or it is over 1 MiB. */
char *dropin_read(const struct root *root, const char *path);

#endif
