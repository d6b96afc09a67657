/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is run for each event: no shell, one at a time, in the events' order.
 * Those that come meanwhile wait.
 */
#ifndef XVTD_HOOK_H
#define XVTD_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct hook;

/*
 * argv: the program, found as execvp(3) would, and its arguments, ending with NULL; they
 * stay the caller's.  quiet_stdout: what it prints goes to stderr.  Errors: XV_NOT_FOUND for a
 * path that is no program.
 */
int hook_open(struct hook **ret, char *const *argv, bool quiet_stdout, struct err *e);

/*
 * Leaves those that wait; waits for the one that runs, at most ms milliseconds.  *left, unless
 * NULL: how many events it was not run for.
 */
struct hook *hook_close(struct hook *hook, int ms, size_t *left);

/*
 * Runs it for an event, now or when it is its turn.  env: "KEY=VALUE" strings in one block
 * each, ending with NULL, added to this process's own environment; taken over, in any case.  what: for
 * the report of a failure.  Errors: XV_FAILED, it could not be run, or too many wait.
 */
int hook_add(struct hook *hook, char **env, const char *what, struct err *e);

/* Readable when the one that runs has ended; -1 when none runs. */
int hook_fd(const struct hook *hook);

/*
 * Takes note of one that has ended, and runs the next.  Errors: XV_FAILED, with how it ended,
 * or that the next could not be run.
 */
int hook_ended(struct hook *hook, struct err *e);

#endif
