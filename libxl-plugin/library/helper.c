/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "library/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The document of a large host has some megabytes. */
#define LINE_MAX_BYTES (64u << 20)
/* How long an idle helper may take to end. */
#define PATIENCE_MS 5000

struct helper {
    pid_t pid;
    int fd;
    char *text;         /* received bytes; the line last returned is at the beginning */
    size_t n, told;
};

static int helper_error(struct err *e, int errnum, const char *what)
{
    int r = errnum ? err_sys(e, XV_CANNOT, errnum, "xvtd: %s", what)
                   : err_set(e, XV_CANNOT, EPIPE, "xvtd: %s", what);

    err_kind(e, "helper");
    return r;
}

static int spawn(struct helper *h, int fd, const char *program, char *const *argv)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t all, none;
    int r;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setpgroup(&attr, 0); /* Ctrl-C is for the caller, who can then cancel */
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                             POSIX_SPAWN_SETPGROUP);
    r = posix_spawn_file_actions_adddup2(&files, fd, STDIN_FILENO);
    if (!r)
        r = posix_spawn_file_actions_adddup2(&files, fd, STDOUT_FILENO);
    if (!r)
        r = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!r)
        r = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    if (!r)
        r = posix_spawn(&h->pid, program, &files, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return r;
}

int helper_start(struct helper **ret, const char *program, const char *const *words,
                 struct err *e)
{
    struct helper *h = calloc(1, sizeof(*h));
    int fds[2] = { -1, -1 }, r;

    if (!h)
        return err_nomem(e);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
        free(h);
        return helper_error(e, errno, "make a socket");
    }
    h->fd = fds[0];
    r = spawn(h, fds[1], program ? program : XVTD_PROGRAM, (char *const *)words);
    close(fds[1]);
    if (r) {
        close(h->fd);
        free(h);
        r = err_sys_on(e, XV_CANNOT, r, program ? program : XVTD_PROGRAM, "start it");
        err_kind(e, "helper");
        return r;
    }
    *ret = h;
    return 0;
}

void helper_stop(const struct helper *h)
{
    kill(h->pid, SIGTERM);
}

/* The caller may have reaped it already. */
static bool has_ended(const struct helper *h, int ms)
{
    for (int waited = 0; waited <= ms; waited += 10) {
        const struct timespec moment = { .tv_nsec = 10000000 };
        pid_t pid = waitpid(h->pid, NULL, WNOHANG);

        if (pid == h->pid || (pid < 0 && errno != EINTR))
            return true;
        nanosleep(&moment, NULL);
    }
    return false;
}

void helper_end(struct helper *h, bool stop)
{
    if (!h)
        return;
    if (stop)
        helper_stop(h);
    close(h->fd);
    if (!has_ended(h, PATIENCE_MS)) {
        helper_stop(h);
        has_ended(h, PATIENCE_MS);
    }
    free(h->text);
    free(h);
}

int helper_fd(const struct helper *h)
{
    return h->fd;
}

int helper_say(struct helper *h, const char *text, size_t len, struct err *e)
{
    while (len) {
        ssize_t n = send(h->fd, text, len, MSG_NOSIGNAL);

        if (n >= 0) {
            text += n;
            len -= (size_t)n;
        } else if (errno != EINTR) {
            return helper_error(e, errno, "ask it");
        }
    }
    return 0;
}

/* Is there a whole line at the beginning of the received bytes? */
static bool take_line(struct helper *h, const char **ret, size_t *len)
{
    char *end = h->n ? memchr(h->text, '\n', h->n) : NULL;

    if (!end)
        return false;
    *end = '\0';
    *ret = h->text;
    *len = (size_t)(end - h->text);
    h->told = *len + 1;
    return true;
}

static int read_more(struct helper *h, int ms, struct err *e)
{
    struct pollfd fd = { .fd = h->fd, .events = POLLIN };
    char block[16384], *more;
    ssize_t n;

    if (poll(&fd, 1, ms) <= 0)
        return 0;
    n = recv(h->fd, block, sizeof(block), MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0)
        return helper_error(e, 0, "it has ended");
    if (h->n + (size_t)n > LINE_MAX_BYTES)
        return helper_error(e, 0, "its answer is too long");
    more = realloc(h->text, h->n + (size_t)n);
    if (!more)
        return err_nomem(e);
    h->text = more;
    memcpy(h->text + h->n, block, (size_t)n);
    h->n += (size_t)n;
    return 1;
}

int helper_hear(struct helper *h, int ms, const char **ret, size_t *len, struct err *e)
{
    int r;

    if (h->told)
        memmove(h->text, h->text + h->told, h->n -= h->told);
    h->told = 0;
    *ret = NULL;
    if (take_line(h, ret, len))
        return 0;
    while ((r = read_more(h, ms, e)) == 1)
        if (take_line(h, ret, len))
            return 0;
    return r;
}
