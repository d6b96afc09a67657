/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/state_dir.h"

/* 0, or the refusal of a file that another user owns or can change. */
static int check_private(const struct stat *st, const char *name, struct err *e)
{
    int r;

    if (st->st_uid != geteuid())
        r = err_on(e, XV_REFUSED, EPERM, name, "it belongs to another user (%u)",
                   (unsigned)st->st_uid);
    else if (st->st_mode & (S_IWGRP | S_IWOTH))
        r = err_on(e, XV_REFUSED, EPERM, name, "others can write to it (mode %04o)",
                   (unsigned)st->st_mode & 07777u);
    else
        return 0;
    err_kind(e, "permissions");
    err_hint(e, "see who wrote it; then chown root and chmod go-w, or remove it");
    return r;
}

int state_open(const struct root *root, const char *sub, int *ret, struct err *e)
{
    AUTO_CLOSE int fd = -1;
    char dir[PATH_MAX];
    int r = state_dir_open(root, &STATE_DIR[1], 0700, &fd, e);

    if (!r && sub) {
        close(fd);
        fd = -1;
        snprintf(dir, sizeof(dir), "%s/%s", &STATE_DIR[1], sub);
        r = state_dir_open(root, dir, 0700, &fd, e);
    }
    if (r)
        return r;
    *ret = fd;
    fd = -1;
    return 0;
}

int state_read(int folder, const char *name, size_t max, char **ret, size_t *len,
               struct err *e)
{
    /* O_NONBLOCK: opening a pipe of this name must not wait */
    AUTO_CLOSE int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    AUTO_FREE char *text = NULL;
    struct stat st;
    size_t n = 0;
    int r;

    if (fd < 0 && errno == ELOOP)
        return err_on(e, XV_REFUSED, ELOOP, name, "it is a link, which is not followed");
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? XV_NOT_FOUND : XV_CANNOT, errno, "%s", name);
    if (fstat(fd, &st))
        return err_sys(e, XV_CANNOT, errno, "%s", name);
    if (!S_ISREG(st.st_mode))
        return err_on(e, XV_REFUSED, EINVAL, name, "it is not a regular file");
    r = check_private(&st, name, e);
    if (r)
        return r;
    if (st.st_size > (off_t)max)
        return err_on(e, XV_REFUSED, EFBIG, name, "it has more than %zu bytes", max);
    max = (size_t)st.st_size;
    text = malloc(max + 1);
    if (!text)
        return err_nomem(e);
    while (n < max) {
        ssize_t got = read(fd, text + n, max - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(e, XV_CANNOT, errno, "%s", name);
        if (!got)
            break;
        n += (size_t)got;
    }
    text[n] = '\0';
    *ret = TAKE_PTR(text);
    *len = n;
    return 0;
}

int state_write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

int state_append(int fd, const char *text, size_t len)
{
    off_t end = lseek(fd, 0, SEEK_END);
    int r = end < 0 ? -errno : state_write_all(fd, text, len);

    if (r && end >= 0 && ftruncate(fd, end))
        return -errno;
    return r;
}

int state_write_mode(int folder, const char *name, const char *text, size_t len, unsigned mode,
                     struct err *e)
{
    AUTO_CLOSE int fd = -1;
    char temp[NAME_MAX + 1];
    int r = 0;

    if (snprintf(temp, sizeof(temp), ".%s.new", name) >= (int)sizeof(temp))
        return err_sys(e, XV_CANNOT, ENAMETOOLONG, "%s", name);
    /* A killed writer may have left it; our caller holds the lock, so no other writer is active. */
    unlinkat(folder, temp, 0);
    fd = openat(folder, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(e, XV_CANNOT, errno, "write %s", name);
    r = state_write_all(fd, text, len);
    if (!r && (fchmod(fd, mode) || fsync(fd) || renameat(folder, temp, folder, name) || fsync(folder)))
        r = -errno;
    if (!r)
        return 0;
    unlinkat(folder, temp, 0);
    return err_sys(e, XV_CANNOT, -r, "write %s", name);
}

int state_write(int folder, const char *name, const char *text, size_t len, struct err *e)
{
    return state_write_mode(folder, name, text, len, 0600, e);
}

int state_remove(int folder, const char *name, struct err *e)
{
    if (unlinkat(folder, name, 0) && errno != ENOENT)
        return err_sys(e, XV_CANNOT, errno, "remove %s", name);
    return fsync(folder) ? err_sys(e, XV_CANNOT, errno, "remove %s", name) : 0;
}
