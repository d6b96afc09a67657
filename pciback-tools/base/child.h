/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another process, to be talked to in lines or to be waited for.  What it says is bounded in
 * size and time; nothing here believes it.
 *
 * Ctrl-C and a terminal that goes away do not reach it: whoever has started it is told, and
 * decides what that means.  It outlives a parent that is killed.
 */
#ifndef XVTD_BASE_CHILD_H
#define XVTD_BASE_CHILD_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct child;

/* Starts `sh -c COMMAND`, its standard input and output here, its errors where ours go. */
int child_start(struct child **ret, const char *command, struct err *e);

/*
 * Says a line: text has its newline.  Errors: XV_CANNOT, -EPIPE when it has ended (the
 * message says how), -ETIMEDOUT; XV_FAILED, -EINTR when a stop is requested.
 */
int child_say(struct child *c, const char *text, size_t len, int timeout_ms, struct err *e);

/*
 * Hears one line of at most max bytes, in *ret without its newline, to be freed; a NUL follows.
 * Errors: as child_say(), and -EMSGSIZE.  After an error nothing more can be heard.
 */
int child_hear(struct child *c, size_t max, int timeout_ms, char **ret, size_t *len,
               struct err *e);

/* Gives it timeout_ms to end by itself, for want of input.  Accepts NULL and returns NULL. */
struct child *child_end(struct child *c, int timeout_ms);

/*
 * Runs argv to its end, however long that takes, whatever signals come.  keep: a descriptor
 * that lives on in it, or -1.  *ret: its exit code, or 128 and the signal.  *says: what it printed (the first 64
 * KiB), to be freed; NULL: that goes to standard error.  Errors: XV_CANNOT, also for a program that
 * is not there.
 */
int child_run(char *const *argv, int keep, int *ret, char **says, struct err *e);

#endif
