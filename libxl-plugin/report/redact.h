/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes out of text what tells whose machine it comes from: known names, MAC and IP addresses,
 * UUIDs, serial numbers, paths of disks, passwords.  The same text becomes the same word each time
 * ("guest-1", "mac-3"), so that a reader still sees what belongs together; a password becomes
 * "removed".  Pure.
 */
#ifndef XVTD_REDACT_H
#define XVTD_REDACT_H

#include <stddef.h>

#include "base/err.h"

struct redact;

int redact_new(struct redact **ret, struct err *e);
struct redact *redact_free(struct redact *r);

static inline void redact_free_p(struct redact **r)
{
    *r = redact_free(*r);
}

/*
 * From now on this name is replaced wherever it stands between other characters than letters and
 * digits.  kind is static: "guest", "host", ...  A name that could be any word of a log, or one of
 * digits alone, is left out.  Errors: -ENOMEM.
 */
int redact_name(struct redact *r, const char *kind, const char *name, struct err *e);

/* The text without all that, followed by a NUL, freed by the caller.  Errors: -ENOMEM. */
int redact_text(struct redact *r, const char *text, size_t len, char **ret, size_t *ret_len,
                struct err *e);

/* How many different texts of a kind were replaced; kinds: "guest", "mac", ... */
size_t redact_count(const struct redact *r, const char *kind);

#endif
