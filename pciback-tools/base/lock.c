/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/state_dir.h"

struct locks {
    int dir;
    int *fds;
    size_t n;
    lock_wait_fn *wait;
    void *user;
};

int locks_open(struct locks **ret, const char *dir, lock_wait_fn *wait, void *user,
               struct err *e)
{
    struct locks *locks = calloc(1, sizeof(*locks));
    int r;

    if (!locks)
        return err_nomem(e);
    r = state_dir_open(dir, &locks->dir, e);
    if (r) {
        err_prefix(e, "lock");
        free(locks);
        return r;
    }
    locks->wait = wait;
    locks->user = user;
    *ret = locks;
    return 0;
}

static int take(struct locks *locks, const char *file, const char *object, struct err *e)
{
    AUTO_CLOSE int fd = -1;

    if (ARRAY_GROW(locks->fds, locks->n))
        return err_nomem(e);
    fd = openat(locks->dir, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(e, XV_CANNOT, errno, "lock: %s", object);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno == EWOULDBLOCK && locks->wait)
            locks->wait(object, locks->user);
        if (flock(fd, LOCK_EX))
            return err_sys(e, XV_FAILED, errno, "lock: %s", object);
    }
    locks->fds[locks->n++] = fd;
    fd = -1;
    return 0;
}

int locks_take_functions(struct locks *locks, const struct bdf *bdfs, size_t n, struct err *e)
{
    AUTO_FREE struct bdf *sorted = calloc(n ? n : 1, sizeof(*sorted));
    char file[BDF_TEXT_MAX + 8];

    if (!sorted)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++)
        sorted[i] = bdfs[i];
    qsort(sorted, n, sizeof(*sorted), bdf_compare_p);
    for (size_t i = 0; i < n; i++) {
        int r;

        if (i && bdf_equal(sorted[i - 1], sorted[i]))
            continue;
        snprintf(file, sizeof(file), "fn-%s", BDF_STR(sorted[i]));
        r = take(locks, file, BDF_STR(sorted[i]), e);
        if (r)
            return r;
    }
    return 0;
}

int locks_take_domain(struct locks *locks, const char *uuid, struct err *e)
{
    char file[64];

    if (strchr(uuid, '/') || strlen(uuid) > 40)
        return err_set(e, XV_FAILED, EINVAL, "lock: '%s' is not a UUID", uuid);
    snprintf(file, sizeof(file), "dom-%s", uuid);
    return take(locks, file, uuid, e);
}

struct locks *locks_close(struct locks *locks)
{
    if (!locks)
        return NULL;
    while (locks->n)
        close(locks->fds[--locks->n]);
    close(locks->dir);
    free(locks->fds);
    free(locks);
    return NULL;
}
