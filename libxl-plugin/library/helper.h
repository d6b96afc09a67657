/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process for work that the caller's process must not do: xvtd, started with posix_spawn(3).
 * It has a socket for lines to and from us, no other descriptor of ours, its own process group,
 * and default signals.
 */
#ifndef XVTD_HELPER_H
#define XVTD_HELPER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define HELPER_SCHEMA "xvtd-plugin/1"

struct helper;

/*
 * program: NULL for the installed one; words: its arguments, NULL-terminated.  Errors: XV_CANNOT.
 */
int helper_start(struct helper **ret, const char *program, const char *const *words,
                 struct err *e);

/* Closes the socket, which ends the process; stop: asks it to stop before.  Accepts NULL. */
void helper_end(struct helper *h, bool stop);

/* Asks it to stop its work. */
void helper_stop(const struct helper *h);

/* Sends a line, with its newline.  Errors: XV_CANNOT. */
int helper_say(struct helper *h, const char *text, size_t len, struct err *e);

/*
 * Reads a line, without its newline, valid until the next call.  Waits at most ms milliseconds;
 * *ret is NULL if none came.  Errors: XV_CANNOT, -EPIPE if it has ended.
 */
int helper_hear(struct helper *h, int ms, const char **ret, size_t *len, struct err *e);

/* The socket, for poll(2). */
int helper_fd(const struct helper *h);

#endif
