/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts another process, which survives a parent that is killed. */
#ifndef XVTD_BASE_SPAWN_H
#define XVTD_BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/* How a process begins.  It gets only these descriptors, and none of our signal handlers. */
struct spawn_how {
    char *const *argv;      /* the program as execvp(3) finds it, its arguments, NULL */
    char *const *env;       /* NULL: ours */
    int in, out, err;       /* its descriptors 0, 1 and 2 */
    int keep;               /* a descriptor that it keeps under the same number, or -1 */
    bool deaf;              /* ignores Ctrl-C and the hangup of the terminal */
};

/* Starts it; the caller waits for *ret.  Returns -errno, also when there is no such program. */
int spawn(const struct spawn_how *how, pid_t *ret);

#endif
