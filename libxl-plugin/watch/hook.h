/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program for each event: without a shell, one at a time, in the order of the events.
 * Later events wait.
 */
#ifndef XVTD_HOOK_H
#define XVTD_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct hook;

/*
 * argv: the program, found as by execvp(3), and its arguments, NULL-terminated; the caller keeps
 * them.  quiet_stdout: send its output to stderr.  Errors: XV_NOT_FOUND for a path that is not a
 * program.
 */
int hook_open(struct hook **ret, char *const *argv, bool quiet_stdout, struct err *e);

/*
 * Drops waiting jobs, and waits for the running program at most ms milliseconds.  *left, unless
 * NULL: for how many events it did not run.
 */
struct hook *hook_close(struct hook *hook, int ms, size_t *left);

/*
 * Runs it for an event, now or in turn.  env: "KEY=VALUE" strings in one block each,
 * NULL-terminated, added to this process's own environment; taken over in any case.  what: for
 * the report of a failure.  Errors: XV_FAILED if it could not run, or if too many jobs wait.
 */
int hook_add(struct hook *hook, char **env, const char *what, struct err *e);

/* Readable when the running program has ended; -1 if none runs. */
int hook_fd(const struct hook *hook);

/*
 * Handles a program that has ended, and runs the next.  Errors: XV_FAILED: how it ended, or that
 * the next one could not run.
 */
int hook_ended(struct hook *hook, struct err *e);

#endif
