/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a report: collected in a folder of its own, then packed by tar(1). */
#ifndef XVTD_BUNDLE_H
#define XVTD_BUNDLE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "report/redact.h"

/* One line of the index. */
struct bundle_part {
    char name[160];         /* its path in the archive */
    bool failed;
    size_t bytes;
    char message[160];      /* why it is not there, or is not whole; else "" */
};

struct bundle {
    char dir[PATH_MAX];     /* "" until bundle_open() */
    struct redact *redact;
    struct bundle_part *parts;
    size_t n;
};

#define BUNDLE_TOP "xvtd-report"    /* the archive's one folder */

/* Makes the folder.  bundle_close() in any case: it removes it.  Errors: XV_CANNOT. */
int bundle_open(struct bundle *b, struct err *e);
void bundle_close(struct bundle *b);

/* The part's line; NULL without memory. */
struct bundle_part *bundle_part(struct bundle *b, const char *name);

/* A file of clean text: path (which is cleaned, too) and text go through `redact`. */
int bundle_text(struct bundle *b, const char *path, const char *text, size_t len, struct err *e);

/* A file of bytes as they are, and a link; neither has a line of its own. */
int bundle_bytes(struct bundle *b, const char *path, const void *bytes, size_t len, struct err *e);
int bundle_link(struct bundle *b, const char *path, const char *target, struct err *e);

/*
 * Writes the archive, which must not exist yet.  Errors: XV_CANNOT; XV_FAILED when tar fails, and
 * then there is no file.
 */
int bundle_pack(struct bundle *b, const char *file, struct err *e);

#endif
