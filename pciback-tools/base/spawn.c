/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * In the child: resets signals to their defaults, except those that only the parent handles.  The
 * child must survive a killed parent, so a parent-death signal of a library is cleared.
 */
static void settle_signals(bool deaf)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, 0);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, deaf && (sig == SIGINT || sig == SIGQUIT || sig == SIGHUP) ? SIG_IGN
                                                                               : SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: returns only when exec fails. */
static void become(const struct spawn_how *how)
{
    settle_signals(how->deaf);
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    if (how->keep >= 0)
        fcntl(how->keep, F_SETFD, 0);
    if (dup2(how->in, STDIN_FILENO) < 0 || dup2(how->out, STDOUT_FILENO) < 0 ||
        dup2(how->err, STDERR_FILENO) < 0)
        return;
    if (how->env)
        execvpe(how->argv[0], how->argv, how->env);
    else
        execvp(how->argv[0], how->argv);
}

int spawn(const struct spawn_how *how, pid_t *ret)
{
    int told[2], r = 0; /* carries exec's errno; exec closes it on success */
    pid_t pid;

    if (pipe2(told, O_CLOEXEC))
        return -errno;
    pid = fork();
    if (!pid) {
        become(how);
        r = errno;
        _exit(write(told[1], &r, sizeof(r)) > 0 ? 127 : 126);
    }
    if (pid < 0)
        r = errno;
    close(told[1]);
    while (pid > 0 && read(told[0], &r, sizeof(r)) < 0 && errno == EINTR)
        ;
    close(told[0]);
    if (pid > 0 && r)
        waitpid(pid, NULL, 0);
    *ret = pid;
    return -r;
}
