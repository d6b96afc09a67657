/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "base/spawn.h"
#include "base/stop.h"

#define SAYS_MAX 65536
#define PATIENCE_MS 1000    /* after SIGTERM */

struct child {
    pid_t pid;
    int in, out;        /* its standard input and output */
    char *heard;        /* bytes read after the last whole line */
    size_t n_heard;
};

static void close_pair(int pair[2])
{
    close_p(&pair[0]);
    close_p(&pair[1]);
}

int child_start(struct child **ret, const char *command, struct err *e)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 };
    char *const argv[] = { "/bin/sh", "-c", (char *)command, NULL };
    struct child *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return err_nomem(e);
    r = pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ? -errno : 0;
    if (!r)
        r = spawn(&(struct spawn_how){ .argv = argv, .in = in[0], .out = out[1],
                                       .err = STDERR_FILENO, .keep = -1, .deaf = true },
                  &c->pid);
    if (r) {
        close_pair(in);
        close_pair(out);
        free(c);
        return err_sys(e, XV_CANNOT, -r, "start '%s'", command);
    }
    close(in[0]);
    close(out[1]);
    c->in = in[1];
    c->out = out[0];
    fcntl(c->in, F_SETFL, O_NONBLOCK);
    fcntl(c->out, F_SETFL, O_NONBLOCK);
    *ret = c;
    return 0;
}

/* Waits until the descriptor is ready or its other end is closed. */
static int wait_for(int fd, short what, long long end, struct err *e)
{
    struct pollfd p = { .fd = fd, .events = what };

    for (;;) {
        long long left = end - stop_now_ms();
        int n;

        if (stop_requested())
            return err_set(e, XV_FAILED, EINTR, "stopped by a signal");
        if (left <= 0)
            return err_set(e, XV_CANNOT, ETIMEDOUT, "no answer in time");
        n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_sys(e, XV_CANNOT, errno, "wait for an answer");
    }
}

/* Waits for the child's end and fetches its status; false when the child still runs. */
static bool is_over(struct child *c, int timeout_ms, int *status)
{
    AUTO_CLOSE int fd = c->pid > 0 ? pidfd_open(c->pid, 0) : -1;
    long long end = stop_now_ms() + timeout_ms;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    pid_t pid;

    *status = 0;
    if (c->pid <= 0)
        return true;
    while (fd >= 0 && end > stop_now_ms() &&
           poll(&p, 1, (int)(end - stop_now_ms())) < 0 && errno == EINTR)
        ;
    pid = waitpid(c->pid, status, WNOHANG);
    if (!pid)
        return false;
    c->pid = 0; /* gone, or a library's wait() for any child took the status */
    return true;
}

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The child has ended without an answer: says how. */
static int has_ended(struct child *c, struct err *e)
{
    int status;

    if (is_over(c, PATIENCE_MS, &status))
        return err_set(e, XV_CANNOT, EPIPE, "it ended without an answer, with exit code %d",
                       exit_code(status));
    return err_set(e, XV_CANNOT, EPIPE, "it no longer reads requests");
}

int child_say(struct child *c, const char *text, size_t len, int timeout_ms, struct err *e)
{
    long long end = stop_now_ms() + timeout_ms;

    while (len) {
        ssize_t n = write(c->in, text, len);
        int r;

        if (n >= 0) {
            text += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            r = wait_for(c->in, POLLOUT, end, e);
            if (r)
                return r;
        } else if (errno != EINTR) {
            return has_ended(c, e);
        }
    }
    return 0;
}

/* Takes the first whole line out of the read bytes; false when there is none yet. */
static bool take_line(struct child *c, char **ret, size_t *len)
{
    char *end = c->n_heard ? memchr(c->heard, '\n', c->n_heard) : NULL, *rest;
    size_t after;

    if (!end)
        return false;
    after = c->n_heard - (size_t)(end + 1 - c->heard);
    rest = after ? malloc(after) : NULL;
    if (after && !rest)
        return false;
    if (rest)
        memcpy(rest, end + 1, after);
    *end = '\0';
    *ret = c->heard;
    *len = (size_t)(end - c->heard);
    c->heard = rest;
    c->n_heard = after;
    return true;
}

int child_hear(struct child *c, size_t max, int timeout_ms, char **ret, size_t *len,
               struct err *e)
{
    long long end = stop_now_ms() + timeout_ms;
    AUTO_FREE char *line = NULL;
    size_t n_line = 0;

    while (!take_line(c, &line, &n_line)) {
        char block[4096], *more;
        ssize_t n;
        int r;

        if (c->n_heard > max)
            return err_set(e, XV_CANNOT, EMSGSIZE, "its answer is longer than %zu bytes", max);
        n = read(c->out, block, sizeof(block));
        if (!n)
            return has_ended(c, e);
        if (n > 0) {
            more = realloc(c->heard, c->n_heard + (size_t)n + 1);
            if (!more)
                return err_nomem(e);
            c->heard = more;
            memcpy(c->heard + c->n_heard, block, (size_t)n);
            c->n_heard += (size_t)n;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return err_sys(e, XV_CANNOT, errno, "read its answer");
        r = wait_for(c->out, POLLIN, end, e);
        if (r)
            return r;
    }
    if (n_line > max)
        return err_set(e, XV_CANNOT, EMSGSIZE, "its answer is longer than %zu bytes", max);
    *ret = TAKE_PTR(line);
    *len = n_line;
    return 0;
}

/* Waits so long for its end, then stops it; returns its status. */
static int end_in_time(struct child *c, int timeout_ms)
{
    int status;

    if (is_over(c, timeout_ms, &status))
        return status;
    kill(c->pid, SIGTERM);
    if (!is_over(c, PATIENCE_MS, &status)) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, &status, 0);
    }
    return status;
}

struct child *child_end(struct child *c, int timeout_ms)
{
    if (!c)
        return NULL;
    close_p(&c->in);
    end_in_time(c, timeout_ms);
    close_p(&c->out);
    free(c->heard);
    free(c);
    return NULL;
}

int child_run(char *const *argv, int keep, int *ret, char **says, struct err *e)
{
    AUTO_CLOSE int heard = says ? memfd_create("says", MFD_CLOEXEC) : dup(STDERR_FILENO);
    int status = 0, r = heard < 0 ? -errno : 0;
    ssize_t n = 0;
    pid_t pid;

    if (!r)
        r = spawn(&(struct spawn_how){ .argv = argv, .in = STDIN_FILENO, .out = heard,
                                       .err = heard, .keep = keep, .deaf = true }, &pid);
    if (r)
        return err_sys(e, XV_CANNOT, -r, "start '%s'", argv[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_sys(e, XV_CANNOT, errno, "wait for '%s'", argv[0]);
    if (says) {
        *says = calloc(1, SAYS_MAX + 1);
        if (!*says)
            return err_nomem(e);
        n = pread(heard, *says, SAYS_MAX, 0);
        (*says)[n > 0 ? n : 0] = '\0';
    }
    *ret = exit_code(status);
    return 0;
}

/* Reads up to max bytes, to the end of the output; *len: how many. */
static int read_all(int fd, char *text, size_t max, long long end, size_t *len, struct err *e)
{
    for (*len = 0; *len < max;) {
        int r = wait_for(fd, POLLIN, end, e);
        ssize_t n = r ? 0 : read(fd, text + *len, max - *len);

        if (r)
            return r;
        if (!n)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_sys(e, XV_CANNOT, errno, "read its output");
        *len += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int child_take(char *const *argv, size_t max, int timeout_ms, int *ret, char **says, size_t *len,
               struct err *e)
{
    AUTO_CLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    AUTO_FREE char *text = malloc(max + 1);
    long long end = stop_now_ms() + timeout_ms;
    struct child c = { .pid = 0 };
    int out[2] = { -1, -1 }, status, r;

    if (!text)
        return err_nomem(e);
    r = null < 0 || pipe2(out, O_CLOEXEC) ? -errno : 0;
    if (!r)
        r = spawn(&(struct spawn_how){ .argv = argv, .in = null, .out = out[1], .err = out[1],
                                       .keep = -1, .deaf = true }, &c.pid);
    if (r) {
        close_pair(out);
        return err_sys(e, XV_CANNOT, -r, "start '%s'", argv[0]);
    }
    close(out[1]);
    r = read_all(out[0], text, max, end, len, e);
    close(out[0]);
    status = end_in_time(&c, r || *len == max || end < stop_now_ms() ? 0
                                                                    : (int)(end - stop_now_ms()));
    if (r)
        return r;
    text[*len] = '\0';
    *ret = exit_code(status);
    *says = TAKE_PTR(text);
    return 0;
}
