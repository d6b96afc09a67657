/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/this_machine.h"

bool tree_on_xen;
static char dir[PATH_MAX];

/* Every test needs its tree: a failure here ends the program. */
static void die(const char *what, const char *path)
{
    fprintf(stderr, "fake tree: %s %s: %s\n", what, path, strerror(errno));
    abort();
}

void tree_begin(void)
{
    const char *tmp = getenv("TMPDIR");

    tree_on_xen = false;
    snprintf(dir, sizeof(dir), "%s/xvtd-unit-XXXXXX",
             tmp ? tmp : !access("/dev/shm", W_OK) ? "/dev/shm" : "/tmp");
    if (!mkdtemp(dir))
        die("make", dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void tree_end(void)
{
    if (*dir)
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    *dir = '\0';
}

const char *tree_dir(void)
{
    return dir;
}

struct root *tree_root(void)
{
    struct root *root = NULL;
    struct err e;

    if (root_open(&root, dir, &e)) {
        fprintf(stderr, "fake tree: %s\n", e.message);
        abort();
    }
    return root;
}

/* The programs find themselves on this machine. */
int host_open(struct root **ret, struct err *e)
{
    return root_open(ret, dir, e);
}

bool host_is_xen(const struct root *root)
{
    (void)root;
    return tree_on_xen;
}

#define FULL(full, path)                                                \
    do {                                                                \
        int n_ = snprintf(full, PATH_MAX, "%s/", dir);                  \
        va_list ap_;                                                    \
                                                                        \
        va_start(ap_, path);                                            \
        vsnprintf(full + n_, (size_t)(PATH_MAX - n_), path, ap_);       \
        va_end(ap_);                                                    \
    } while (0)

static void make_folders(char *full)
{
    for (char *p = full + strlen(dir) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(full, 0755) && errno != EEXIST)
            die("make", full);
        *p = '/';
    }
}

void tree_mkdir(const char *path, ...)
{
    char full[PATH_MAX];

    FULL(full, path);
    make_folders(full);
    if (mkdir(full, 0755) && errno != EEXIST)
        die("make", full);
}

static void put(const char *full, const void *bytes, size_t len, int flags)
{
    int fd = open(full, O_WRONLY | O_CREAT | flags, 0644);

    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
        die("write", full);
    close(fd);
}

void tree_write(const char *text, const char *path, ...)
{
    char full[PATH_MAX];

    FULL(full, path);
    make_folders(full);
    put(full, text, strlen(text), O_TRUNC);
}

void tree_write_bytes(const void *bytes, size_t len, const char *path, ...)
{
    char full[PATH_MAX];

    FULL(full, path);
    make_folders(full);
    put(full, bytes, len, O_TRUNC);
}

void tree_append(const char *text, const char *path, ...)
{
    char full[PATH_MAX];

    FULL(full, path);
    make_folders(full);
    put(full, text, strlen(text), O_APPEND);
}

static void make_link(const char *target, char *full)
{
    make_folders(full);
    if (unlink(full) && errno != ENOENT)
        die("replace", full);
    if (symlink(target, full))
        die("link", full);
}

void tree_link(const char *target, const char *path, ...)
{
    char full[PATH_MAX];

    FULL(full, path);
    make_link(target, full);
}

void tree_remove(const char *path, ...)
{
    char full[PATH_MAX];

    FULL(full, path);
    if (remove(full) && errno != ENOENT)
        die("remove", full);
}

void tree_sys_link(const char *from, const char *to)
{
    char target[PATH_MAX] = "";

    if (strncmp(from, "sys/", 4) || strncmp(to, "sys/", 4)) {
        errno = EINVAL;
        die("link outside of sys", from);
    }
    /* One "../" for each folder between sys/ and the link. */
    for (const char *p = strchr(from, '/') + 1; (p = strchr(p, '/')); p++)
        strcat(target, "../");
    strcat(target, to + 4);
    tree_link(target, "%s", from);
}
