/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.h without processes: the test says what the other host answers, and what `xl migrate`
 * does to the made-up Xen.
 */
#ifndef XVTD_FAKE_CHILD_H
#define XVTD_FAKE_CHILD_H

#include <stddef.h>

/* An xvtd on the other host that has all devices free, and restores all. */
void child_begin(void);

/*
 * Sets its answer to order number n from now on (1 is the next): a line, NULL for a timeout, ""
 * for an end.
 */
void child_answers(unsigned n, const char *line);

/* Called before an order is answered; may be NULL. */
extern void (*child_hook)(const char *order);

/* Sets the exit code and the output of `xl migrate`; the hook does the rest. */
void child_xl(int code, const char *says, void (*hook)(void));

/*
 * How each program ends that child_take() starts: *says is what it prints, copied; the result its
 * exit code, or a negative errno for one that cannot be started or does not end.  NULL: all are
 * missing.
 */
extern int (*child_takes)(char *const *argv, const char **says);

/* The last order as it was sent. */
const char *child_order(void);

/* Everything that was started and sent since child_begin(), a line each. */
const char *child_log(void);

#endif
