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

/* What one question may get as an answer; "info pci" of a full bus is below 100 KiB. */
#define ANSWER_MAX (1u << 20)

/* QMP's own messages are a few levels deep; yajl's trees are freed by recursion. */
#define DEPTH_MAX 32

struct qmp {
    int fd;
    char *buf;          /* what was received and not yet taken */
    size_t len;
    bool deleted;       /* DEVICE_DELETED came since qmp_wait_deleted() */
};

static void tree_free_p(yajl_val *v)
{
    yajl_tree_free(*v);
}

static const char *string_at(yajl_val v, const char *key)
{
    return YAJL_GET_STRING(yajl_tree_get(v, (const char *[]){ key, NULL }, yajl_t_string));
}

/* The time is up, or somebody wants us to stop, however much there is to read. */
static int is_over(long long deadline)
{
    if (stop_requested())
        return -EINTR;
    return stop_now_ms() >= deadline ? -ETIMEDOUT : 0;
}

/* Receives more; 0, or -ETIMEDOUT, -EINTR, -ECONNRESET, ... */
static int receive(struct qmp *q, long long deadline)
{
    long long left = deadline - stop_now_ms();
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

/* Brackets outside of strings, at most DEPTH_MAX of them open at once. */
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

/* Takes a whole line from what was received; NULL when there is none yet, or a bad one. */
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

        q->deleted |= event && !strcmp(event, "DEVICE_DELETED");
    }
    return v;
}

/*
 * The next line that has this key; events are noted on the way.  Neither lines nor bytes without
 * end put the deadline off.
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
        r = is_over(deadline);
        if (!r && !v)
            r = receive(q, deadline);
        if (r && (r != -EINTR || stop_requested()))
            return r;
    }
}

static int execute(struct qmp *q, const char *line, long long deadline, yajl_val *ret)
{
    size_t len = strlen(line);
    /* shorter than any socket buffer: it goes out whole or not at all */
    ssize_t n = send(q->fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0)
        return -errno;
    return (size_t)n == len ? await_key(q, "return", deadline, ret) : -EPROTO;
}

int qmp_open(struct qmp **ret, const char *path, int timeout_ms)
{
    long long deadline = stop_now_ms() + timeout_ms;
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    CLEANUP(tree_free_p) yajl_val greeting = NULL, done = NULL;
    struct qmp *q;
    int r;

    if (strlen(path) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    strcpy(addr.sun_path, path);
    q = calloc(1, sizeof(*q));
    if (!q)
        return -ENOMEM;
    q->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    r = q->fd < 0 || connect(q->fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
    if (!r)
        r = await_key(q, "QMP", deadline, &greeting);
    if (!r)
        r = execute(q, "{\"execute\":\"qmp_capabilities\"}\n", deadline, &done);
    if (r) {
        qmp_close(q);
        return r;
    }
    *ret = q;
    return 0;
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

    if (command[strspn(command, "abcdefghijklmnopqrstuvwxyz0123456789-_. ")] ||
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

bool qmp_wait_deleted(struct qmp *q, int timeout_ms)
{
    long long deadline = stop_now_ms() + timeout_ms;
    bool told;

    for (int r = 0; (!r || r == -EINTR) && !q->deleted;) {
        bool bad = false;
        CLEANUP(tree_free_p) yajl_val v = take_line(q, &bad);

        if (v || bad)
            r = q->deleted ? 0 : is_over(deadline);
        else
            r = stop_requested() ? -ECANCELED : receive(q, deadline);
        if (r == -EINTR && stop_requested())
            break;
    }
    told = q->deleted;
    q->deleted = false;
    return told;
}
