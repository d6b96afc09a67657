/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The start of another process; it outlives a parent that is killed. */
#ifndef XVTD_BASE_SPAWN_H
#define XVTD_BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/* How a process begins.  Of our descriptors it has these alone, and our signals' handlers not. */
struct spawn_how {
    char *const *argv;      /* the program as execvp(3) finds it, its arguments, NULL */
    char *const *env;       /* NULL: ours */
    int in, out, err;       /* what it has as 0, 1 and 2 */
    int keep;               /* one that lives on in it under its number, or -1 */
    bool deaf;              /* to Ctrl-C and to the end of the terminal */
};

/* Starts it; *ret is to be waited for.  Returns -errno where there is no such program, too. */
int spawn(const struct spawn_how *how, pid_t *ret);

#endif
