/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that does what must not be done in the caller's: xvtd, started with
 * posix_spawn(3).  It has a socket to talk to us in lines, no other descriptor of ours, its
 * own process group, and signals as a new process has them.
 */
#ifndef XVTD_HELPER_H
#define XVTD_HELPER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define HELPER_SCHEMA "xvtd-plugin/1"

struct helper;

/*
 * program: NULL for the installed one; words: its arguments, ending with NULL.  Errors:
 * XV_CANNOT.
 */
int helper_start(struct helper **ret, const char *program, const char *const *words,
                 struct err *e);

/* Closes the socket, which ends it; stop: asks it to stop, before.  Accepts NULL. */
void helper_end(struct helper *h, bool stop);

/* Asks it to stop what it does. */
void helper_stop(const struct helper *h);

/* Says a line, with its newline.  Errors: XV_CANNOT. */
int helper_say(struct helper *h, const char *text, size_t len, struct err *e);

/*
 * Hears a line without its newline, valid until the next call.  Waits at most ms milliseconds;
 * *ret NULL: not yet.  Errors: XV_CANNOT, -EPIPE where it has ended.
 */
int helper_hear(struct helper *h, int ms, const char **ret, size_t *len, struct err *e);

/* Its socket, to poll. */
int helper_fd(const struct helper *h);

#endif
