/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/spawn.h"

#define WAITING_MAX 4096

extern char **environ;

struct hook {
    char *const *argv;
    bool quiet_stdout;
    pid_t pid;          /* PID of the running program */
    int fd;             /* its pidfd, or -1 */
    struct run {
        char **env;
        char what[128];
    } *runs;            /* one for each event; runs[0] is the first or under way */
    size_t n;
};

int hook_open(struct hook **ret, char *const *argv, bool quiet_stdout, struct err *e)
{
    struct hook *hook;
    struct stat st;

    /* Checks the program at the start, not at the first event. */
    if (strchr(argv[0], '/') &&
        (stat(argv[0], &st) || !S_ISREG(st.st_mode) || access(argv[0], X_OK)))
        return err_sys(e, XV_NOT_FOUND, errno ? errno : EACCES, "--exec: %s", argv[0]);
    hook = calloc(1, sizeof(*hook));
    if (!hook)
        return err_nomem(e);
    *hook = (struct hook){ .argv = argv, .quiet_stdout = quiet_stdout, .fd = -1 };
    *ret = hook;
    return 0;
}

static void env_free(char **env)
{
    for (size_t i = 0; env && env[i]; i++)
        free(env[i]);
    free(env);
}

static void drop_first(struct hook *hook)
{
    env_free(hook->runs[0].env);
    hook->n--;
    memmove(hook->runs, hook->runs + 1, hook->n * sizeof(*hook->runs));
}

/* This process's environment with the event's; the strings are not copied. */
static char **whole_environment(char **env)
{
    size_t own = 0, more = 0;
    char **all;

    while (environ && environ[own])
        own++;
    while (env[more])
        more++;
    all = calloc(own + more + 1, sizeof(*all));
    for (size_t i = 0; all && i < own + more; i++)
        all[i] = i < more ? env[i] : environ[i - more];
    return all;
}

static int start(struct hook *hook, char **env)
{
    AUTO_CLOSE int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct spawn_how how = {
        .argv = hook->argv, .env = env, .in = nothing, .keep = -1,
        .out = hook->quiet_stdout ? STDERR_FILENO : STDOUT_FILENO, .err = STDERR_FILENO,
    };

    return nothing < 0 ? -errno : spawn(&how, &hook->pid);
}

/* Starts the program for the first event; drops a run that cannot start. */
static int run_first(struct hook *hook, struct err *e)
{
    AUTO_FREE char **env = whole_environment(hook->runs[0].env);
    int r = env ? start(hook, env) : -ENOMEM;

    if (r) {
        err_sys_on(e, XV_FAILED, -r, hook->argv[0], "cannot be run for %s", hook->runs[0].what);
        drop_first(hook);
        return r;
    }
    hook->fd = pidfd_open(hook->pid, 0);
    if (hook->fd >= 0)
        return 0;
    /* Without a pidfd nothing signals its exit, so wait here. */
    r = errno;
    waitpid(hook->pid, NULL, 0);
    drop_first(hook);
    return err_sys_on(e, XV_FAILED, r, hook->argv[0], "its exit status is unknown");
}

int hook_add(struct hook *hook, char **env, const char *what, struct err *e)
{
    if (hook->n == WAITING_MAX || ARRAY_GROW(hook->runs, hook->n)) {
        env_free(env);
        return err_on(e, XV_FAILED, EAGAIN, hook->argv[0],
                      "not run for %s: %zu events wait already", what, hook->n);
    }
    hook->runs[hook->n].env = env;
    snprintf(hook->runs[hook->n].what, sizeof(hook->runs[0].what), "%s", what);
    return ++hook->n == 1 ? run_first(hook, e) : 0;
}

int hook_fd(const struct hook *hook)
{
    return hook->fd;
}

/* Reports how the program has ended. */
static int reap(struct hook *hook, struct err *e)
{
    int status, r = 0;

    while (waitpid(hook->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(hook->fd);
    hook->fd = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status))
        r = err_on(e, XV_FAILED, ECHILD, hook->argv[0], "exit %d for %s", WEXITSTATUS(status),
                   hook->runs[0].what);
    else if (WIFSIGNALED(status))
        r = err_on(e, XV_FAILED, ECHILD, hook->argv[0], "ended by signal %d for %s",
                   WTERMSIG(status), hook->runs[0].what);
    drop_first(hook);
    return r;
}

int hook_ended(struct hook *hook, struct err *e)
{
    int r = reap(hook, e);

    while (hook->fd < 0 && hook->n) {
        struct err next;
        int r2 = run_first(hook, &next);

        if (r2 && !r) {
            *e = next;
            r = r2;
        }
    }
    return r;
}

struct hook *hook_close(struct hook *hook, int ms, size_t *left)
{
    struct pollfd poll_fd = { .events = POLLIN };
    struct err ignored;

    if (left)
        *left = 0;
    if (!hook)
        return NULL;
    poll_fd.fd = hook->fd;
    if (hook->fd >= 0 && poll(&poll_fd, 1, ms) == 1)
        reap(hook, &ignored);
    if (left)
        *left = hook->n - (hook->fd >= 0);
    if (hook->fd >= 0)
        close(hook->fd);
    while (hook->n)
        drop_first(hook);
    free(hook->runs);
    free(hook);
    return NULL;
}
