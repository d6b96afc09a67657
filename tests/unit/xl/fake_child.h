/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.h without processes: the other host answers what the test says, and `xl migrate` does to
 * the made-up Xen what the test says.
 */
#ifndef XVTD_FAKE_CHILD_H
#define XVTD_FAKE_CHILD_H

#include <stddef.h>

/* An xvtd on the other host that has every device free, and restores them all. */
void child_begin(void);

/*
 * What it says to order number n from now on (1 is the next): a line, NULL for none in time, ""
 * for an end.
 */
void child_answers(unsigned n, const char *line);

/* Before an order is answered; may be NULL. */
extern void (*child_hook)(const char *order);

/* How `xl migrate` ends: its exit code and what it prints; the hook does the rest. */
void child_xl(int code, const char *says, void (*hook)(void));

/* Everything started and said since child_begin(), a line each. */
const char *child_log(void);

#endif
