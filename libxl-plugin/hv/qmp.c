/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <yajl/yajl_tree.h>

#include "base/cleanup.h"
#include "base/stop.h"

/* The limit of one answer; "info pci" of a full bus is below 100 KiB. */
#define ANSWER_MAX (1u << 20)

/* QMP's own messages have a few levels; yajl frees a tree by recursion. */
#define DEPTH_MAX 32

/* A command that was stopped still inspects the state: questions have this long from then on. */
#define GRACE_MS 1000

#define BUSY_MS 50  /* interval for looking whether a stop or the end came */

struct qmp {
    int fd;
    char *buf;          /* received, but not yet read */
    size_t len;
    unsigned deleted;   /* how often DEVICE_DELETED has come since qmp_wait_deleted() */
    long long stop_ends; /* after a stop: the end of all questions; else 0 */
};

static void tree_free_p(yajl_val *v)
{
    yajl_tree_free(*v);
}

static const char *string_at(yajl_val v, const char *key)
{
    return YAJL_GET_STRING(yajl_tree_get(v, (const char *[]){ key, NULL }, yajl_t_string));
}

static bool is_stopped(struct qmp *q, long long deadline)
{
    if (!q->stop_ends && stop_requested())
        q->stop_ends = stop_now_ms() + GRACE_MS;
    return q->stop_ends && q->stop_ends < deadline;
}

/* Is the time up, or a stop requested? Checked however much data comes. */
static int is_over(struct qmp *q, long long deadline)
{
    bool stopped = is_stopped(q, deadline);

    if (stop_now_ms() < (stopped ? q->stop_ends : deadline))
        return 0;
    return stopped ? -EINTR : -ETIMEDOUT;
}

/* Receives more; 0, or -ETIMEDOUT, -EINTR, -ECONNRESET, ... */
static int receive(struct qmp *q, long long deadline)
{
    long long left = (is_stopped(q, deadline) ? q->stop_ends : deadline) - stop_now_ms();
    struct pollfd fd = { .fd = q->fd, .events = POLLIN };
    char *more;
    ssize_t n;
    int r = poll(&fd, 1, left > 0 ? (int)left : 0);

    if (r <= 0)
        return r ? -errno : -ETIMEDOUT;
    if (q->len >= ANSWER_MAX)
        return -EPROTO;
    more = realloc(q->buf, q->len + 4096 + 1);
    if (!more)
        return -ENOMEM;
    q->buf = more;
    n = recv(q->fd, q->buf + q->len, 4096, MSG_DONTWAIT);
    if (n <= 0)
        return n ? -errno : -ECONNRESET;
    q->len += (size_t)n;
    return 0;
}

/* Checks the depth of brackets outside of strings: at most DEPTH_MAX. */
static bool is_shallow(const char *text)
{
    bool string = false;
    int depth = 0;

    for (; *text; text++) {
        if (string && *text == '\\' && text[1])
            text++;
        else if (*text == '"')
            string = !string;
        else if (!string && (*text == '[' || *text == '{') && ++depth > DEPTH_MAX)
            return false;
        else if (!string && (*text == ']' || *text == '}'))
            depth--;
    }
    return true;
}

/* Takes a whole line from the received bytes; NULL if there is none yet, or a bad one. */
static yajl_val take_line(struct qmp *q, bool *bad)
{
    char *end = q->len ? memchr(q->buf, '\n', q->len) : NULL;
    yajl_val v;

    if (!end)
        return NULL;
    *end = '\0';
    v = !memchr(q->buf, '\0', (size_t)(end - q->buf)) && is_shallow(q->buf)
            ? yajl_tree_parse(q->buf, NULL, 0) : NULL;
    *bad = !v;
    q->len -= (size_t)(end + 1 - q->buf);
    memmove(q->buf, end + 1, q->len);
    if (v) {
        const char *event = string_at(v, "event");

        q->deleted += event && !strcmp(event, "DEVICE_DELETED");
    }
    return v;
}

/*
 * The next line that has this key; notes events on the way.  Neither many lines nor a line
 * without an end move the deadline.
 */
static int await_key(struct qmp *q, const char *key, long long deadline, yajl_val *ret)
{
    const char *path[] = { key, NULL };

    for (;;) {
        bool bad = false;
        CLEANUP(tree_free_p) yajl_val v = take_line(q, &bad);
        int r;

        if (bad || (v && yajl_tree_get(v, (const char *[]){ "error", NULL }, yajl_t_any)))
            return -EPROTO;
        if (v && yajl_tree_get(v, path, yajl_t_any)) {
            *ret = TAKE_PTR(v);
            return 0;
        }
        r = is_over(q, deadline);
        if (r)
            return r;
        r = v ? 0 : receive(q, deadline);
        if (r == -ETIMEDOUT && is_stopped(q, deadline))
            return -EINTR;
        if (r && r != -EINTR)
            return r;
    }
}

static int execute(struct qmp *q, const char *line, long long deadline, yajl_val *ret)
{
    size_t len = strlen(line);
    /* shorter than any socket buffer, so one send writes it all */
    ssize_t n = send(q->fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0)
        return -errno;
    return (size_t)n == len ? await_key(q, "return", deadline, ret) : -EPROTO;
}

/* A client that QEMU serves makes the next one wait, and further ones fail. */
static int connect_to(int fd, const char *path, long long deadline)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    strcpy(addr.sun_path, path);
    while (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        if (stop_now_ms() >= deadline)
            return -ETIMEDOUT;
        if (stop_sleep_ms(BUSY_MS))
            return -EINTR;
    }
    return 0;
}

int qmp_begin(struct qmp **ret, int fd, int timeout_ms)
{
    long long deadline = stop_now_ms() + timeout_ms;
    CLEANUP(tree_free_p) yajl_val greeting = NULL, done = NULL;
    struct qmp *q = calloc(1, sizeof(*q));
    int r;

    if (!q) {
        close_p(&fd);
        return -ENOMEM;
    }
    q->fd = fd;
    r = await_key(q, "QMP", deadline, &greeting);
    if (!r)
        r = execute(q, "{\"execute\":\"qmp_capabilities\"}\n", deadline, &done);
    if (r)
        qmp_close(q);
    else
        *ret = q;
    return r;
}

int qmp_open(struct qmp **ret, const char *path, int timeout_ms)
{
    long long deadline = stop_now_ms() + timeout_ms;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int r = fd < 0 ? -errno : connect_to(fd, path, deadline);

    if (!r)
        return qmp_begin(ret, fd, (int)(deadline - stop_now_ms()));
    close_p(&fd);
    return r;
}

struct qmp *qmp_close(struct qmp *q)
{
    if (q) {
        close_p(&q->fd);
        free(q->buf);
        free(q);
    }
    return NULL;
}

int qmp_monitor(struct qmp *q, const char *command, char **ret, int timeout_ms)
{
    CLEANUP(tree_free_p) yajl_val answer = NULL;
    char line[200];
    const char *text;
    int r;

    if (command[strspn(command, "abcdefghijklmnopqrstuvwxyz0123456789-_./ ")] ||
        strlen(command) > 100)
        return -EINVAL;
    snprintf(line, sizeof(line), "{\"execute\":\"human-monitor-command\",\"arguments\":"
             "{\"command-line\":\"%s\"}}\n", command);
    r = execute(q, line, stop_now_ms() + timeout_ms, &answer);
    if (r)
        return r;
    text = string_at(answer, "return");
    *ret = text ? strdup(text) : NULL;
    return *ret ? 0 : text ? -ENOMEM : -EPROTO;
}

bool qmp_wait_deleted(struct qmp *q, unsigned n, int timeout_ms)
{
    long long deadline = stop_now_ms() + timeout_ms;
    bool told;

    for (int r = 0; (!r || r == -EINTR) && q->deleted < n;) {
        bool bad = false;
        CLEANUP(tree_free_p) yajl_val v = take_line(q, &bad);

        if (stop_requested())
            break;
        if (v || bad)
            r = q->deleted >= n ? 0 : is_over(q, deadline);
        else
            r = receive(q, deadline);
    }
    told = q->deleted >= n;
    q->deleted = 0;
    return told;
}
