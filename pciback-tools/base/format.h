/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The versions of what outlives a release or goes to another host: "xvtd-journal/2".  A release
 * reads its own version and the one of the release before it.  A reader that ignores a new member
 * does no harm: then the version stays.  Pure.
 */
#ifndef XVTD_BASE_FORMAT_H
#define XVTD_BASE_FORMAT_H

#include "base/err.h"

#define FORMAT_MAX 40

struct format {
    const char *name;           /* "xvtd-journal" */
    const char *what;           /* for messages: "a journal of xvtd" */
    unsigned oldest, newest;    /* what this release reads */
};

/* "xvtd-journal/2" */
struct format_text {
    char s[FORMAT_MAX];
};

struct format_text format_text(const struct format *f, unsigned version);
#define FORMAT_STR(f, version) format_text(f, version).s

/*
 * Reads a version; text may be NULL.  Errors: XV_REFUSED, the message is only the cause; kind
 * "version" with a hint for a version that this release does not read.
 */
int format_read(const struct format *f, const char *text, unsigned *ret, struct err *e);

#endif
