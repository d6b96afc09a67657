/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_xs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
    char path[128], value[128];
} nodes[64];
static size_t n_nodes;
static int transactions, fail_errno;
static unsigned fail_in;
static uint32_t dead;
static void (*const *scenes)(void);
static size_t n_scenes;

void store_begin(void)
{
    n_nodes = 0;
    transactions = 0;
    fail_in = 0;
    dead = 0;
    n_scenes = 0;
}

void store_dead(uint32_t domid)
{
    dead = domid;
}

bool xs_domain_lives(struct xs *xs, uint32_t domid)
{
    (void)xs;
    return !dead || domid != dead;
}

void store_set(const char *path, const char *value)
{
    size_t i = 0;

    while (i < n_nodes && strcmp(nodes[i].path, path))
        i++;
    if (!value) {
        if (i < n_nodes)
            nodes[i] = nodes[--n_nodes];
        return;
    }
    n_nodes += i == n_nodes;
    snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", path);
    snprintf(nodes[i].value, sizeof(nodes[i].value), "%s", value);
}

const char *store_get(const char *path)
{
    for (size_t i = 0; i < n_nodes; i++)
        if (!strcmp(nodes[i].path, path))
            return nodes[i].value;
    return NULL;
}

void store_fail(unsigned n, int errnum)
{
    fail_in = n;
    fail_errno = errnum;
}

int store_open(void)
{
    return transactions;
}

static int fails(struct err *e, const char *what)
{
    if (!fail_in || --fail_in)
        return 0;
    return err_sys(e, XV_CANNOT, fail_errno, "%s xenstore", what);
}

#define FORMAT(path, fmt)                                               \
    do {                                                                \
        va_list ap_;                                                    \
                                                                        \
        va_start(ap_, fmt);                                             \
        vsnprintf(path, sizeof(path), fmt, ap_);                        \
        va_end(ap_);                                                    \
    } while (0)

int xs_getf(struct xs *xs, char **ret, struct err *e, const char *fmt, ...)
{
    char path[128];
    int r = fails(e, "read");

    (void)xs;
    FORMAT(path, fmt);
    if (r)
        return r;
    if (!transactions && strstr(path, "/backend/"))
        fail_msg("%s is read outside of the snapshot", path);
    *ret = store_get(path) ? strdup(store_get(path)) : NULL;
    return 0;
}

int xs_open_handle(struct xs **ret, struct err *e)
{
    int r = fails(e, "open");

    *ret = r ? NULL : (struct xs *)nodes; /* callers never look into it */
    return r;
}

struct xs *xs_close_handle(struct xs *xs)
{
    (void)xs;
    return NULL;
}

int xs_setf(struct xs *xs, const char *value, struct err *e, const char *fmt, ...)
{
    char path[128];
    int r = fails(e, "write");

    (void)xs;
    FORMAT(path, fmt);
    if (!r)
        store_set(path, value);
    return r;
}

/* The names come in one block, as xs_directory() gives them. */
int xs_listf(struct xs *xs, char ***ret, size_t *n, struct err *e, const char *fmt, ...)
{
    char path[128], **names = calloc(1, 16 * sizeof(*names) + 1024), *text;
    int r = fails(e, "list");
    size_t found = 0;

    (void)xs;
    FORMAT(path, fmt);
    text = (char *)(names + 16);
    strcat(path, "/");
    for (size_t i = 0; !r && i < n_nodes; i++) {
        const char *name = nodes[i].path + strlen(path);
        bool known = false;

        if (strncmp(nodes[i].path, path, strlen(path)))
            continue;
        snprintf(text, 32, "%.*s", (int)strcspn(name, "/"), name);
        for (size_t j = 0; j < found; j++)
            known |= !strcmp(names[j], text);
        if (known)
            continue;
        names[found++] = text;
        text += 32;
    }
    if (r || !found) {
        free(names);
        names = NULL;
    }
    *ret = names;
    *n = found;
    return r;
}

int xs_snapshot(struct xs *xs, struct err *e)
{
    int r = fails(e, "open");

    (void)xs;
    if (!r)
        transactions++;
    return r;
}

void xs_snapshot_end(struct xs *xs)
{
    (void)xs;
    transactions--;
}

void store_scenes(void (*const *list)(void), size_t n)
{
    scenes = list;
    n_scenes = n;
}

int xs_watch_path(struct xs *xs, const char *path, struct err *e)
{
    (void)xs;
    return fails(e, path);
}

/* Always readable. */
int xs_watch_fd(struct xs *xs)
{
    static int fd = -1;

    (void)xs;
    if (fd < 0)
        fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    return fd;
}

int xs_watch_changed(struct xs *xs, struct err *e)
{
    int r = fails(e, "watch");

    (void)xs;
    if (r || !n_scenes)
        return r;
    n_scenes--;
    (*scenes++)();
    return 1;
}
