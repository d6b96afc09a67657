/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another process: talked to line by line, or run to its end.  Its answers are bounded in size and
 * time.  The caller must check what they say.
 *
 * Ctrl-C and a hangup of the terminal do not reach the child: they reach the program that started
 * it, which decides what to do.  The child survives a parent that is killed.
 */
#ifndef XVTD_BASE_CHILD_H
#define XVTD_BASE_CHILD_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct child;

/*
 * Starts `sh -c COMMAND`, with pipes on its standard input and output.  Its standard error is ours.
 */
int child_start(struct child **ret, const char *command, struct err *e);

/*
 * Sends a line; text includes its newline.  Errors: XV_CANNOT, -EPIPE when the child has ended (the
 * message says how), -ETIMEDOUT; XV_FAILED, -EINTR when a stop is requested.
 */
int child_say(struct child *c, const char *text, size_t len, int timeout_ms, struct err *e);

/*
 * Receives one line of at most max bytes.  *ret is the line without its newline, followed by a
 * NUL; the caller frees it.  Errors: as child_say(), and -EMSGSIZE.  After an error no more lines
 * can be received.
 */
int child_hear(struct child *c, size_t max, int timeout_ms, char **ret, size_t *len,
               struct err *e);

/*
 * Closes the child's input and gives it timeout_ms to end, then stops it.  Accepts NULL and
 * returns NULL.
 */
struct child *child_end(struct child *c, int timeout_ms);

/*
 * Runs argv to its end, without a time limit and whatever signals arrive.  keep: a descriptor that
 * stays open in the child, or -1.  *ret: the child's exit code, or 128 plus its signal.  *says: the
 * first 64 KiB of its output, freed by the caller; NULL: the output goes to standard error.
 * Errors: XV_CANNOT, also when there is no such program.
 */
int child_run(char *const *argv, int keep, int *ret, char **says, struct err *e);

/*
 * Runs argv for at most timeout_ms, with nothing on its standard input, and stops it after the
 * first `max` bytes of its output and errors.  *ret: as above.  *says: these bytes, followed by a
 * NUL, freed by the caller.  Errors: XV_CANNOT, -ETIMEDOUT when it did not end in time, -ENOENT
 * without such a program; XV_FAILED, -EINTR when a stop is requested.
 */
int child_take(char *const *argv, size_t max, int timeout_ms, int *ret, char **says, size_t *len,
               struct err *e);

#endif
