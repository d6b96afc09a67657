/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/file_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* The kernel follows as many links (MAXSYMLINKS). */
#define LINKS_MAX 40

struct walk {
    const char *path;       /* as given, for messages */
    int dir;
    char rest[PATH_MAX];    /* the rest of the path, relative to dir */
    uid_t owners[LINKS_MAX]; /* of the links met where others may write */
    size_t n_owners;
    unsigned links;
    bool slash;             /* the path ended with a slash */
};

static int failed(const struct walk *w, int errnum, struct err *e)
{
    enum exit_code code = errnum == ENOENT || errnum == ENOTDIR ? XV_NOT_FOUND
                          : errnum == EACCES || errnum == EPERM ? XV_CANNOT : XV_FAILED;

    return err_on(e, code, errnum, w->path, "%s", strerror(errnum));
}

/* True when users other than root and ourselves may write to the folder. */
static bool others_write(const struct stat *dir)
{
    return dir->st_mode & (S_IWGRP | S_IWOTH) ||
           (dir->st_uid != 0 && dir->st_uid != geteuid());
}

/* Moves to a folder below the current one, or to the root. */
static int enter(struct walk *w, const char *name, struct err *e)
{
    int fd = openat(w->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return failed(w, errno, e);
    close_p(&w->dir);
    w->dir = fd;
    return 0;
}

/* Puts a link's text before the rest of the path. */
static int follow(struct walk *w, const char *name, const struct stat *st, struct err *e)
{
    char text[PATH_MAX], rest[PATH_MAX];
    struct stat dir;
    ssize_t n;

    if (++w->links > LINKS_MAX)
        return failed(w, ELOOP, e);
    if (fstat(w->dir, &dir))
        return failed(w, errno, e);
    if (others_write(&dir))
        w->owners[w->n_owners++] = st->st_uid;
    n = readlinkat(w->dir, name, text, sizeof(text) - 1);
    if (n < 0)
        return failed(w, errno, e);
    text[n] = '\0';
    memcpy(rest, w->rest, sizeof(rest));
    if ((size_t)snprintf(w->rest, sizeof(w->rest), "%s%s%s", text, *rest ? "/" : "", rest) >=
        sizeof(w->rest))
        return failed(w, ENAMETOOLONG, e);
    return 0;
}

/* Takes the first component off w->rest. */
static int next_name(struct walk *w, char name[NAME_MAX + 1], struct err *e)
{
    const char *p = w->rest + strspn(w->rest, "/");
    size_t len = strcspn(p, "/");

    if (*w->rest == '/') {
        int r = enter(w, "/", e);

        if (r)
            return r;
    }
    if (len > NAME_MAX)
        return failed(w, ENAMETOOLONG, e);
    snprintf(name, NAME_MAX + 1, "%.*s", (int)len, p);
    p += len;
    w->slash = *p == '/';
    p += strspn(p, "/"); /* a leading slash means the root */
    memmove(w->rest, p, strlen(p) + 1);
    return 0;
}

static int check_owners(const struct walk *w, uid_t owner, struct err *e)
{
    for (size_t i = 0; i < w->n_owners; i++)
        if (w->owners[i] != 0 && w->owners[i] != owner) {
            int r = err_on(e, XV_REFUSED, EPERM, w->path, "a link in this path belongs to user %u, "
                           "in a folder that others can write to", (unsigned)w->owners[i]);

            err_kind(e, "untrusted-link");
            err_hint(e, "give the path without that link");
            return r;
        }
    return 0;
}

static int walk(struct walk *w, struct walked *ret, struct err *e)
{
    for (;;) {
        struct stat st;
        bool last;
        int r = next_name(w, ret->name, e);

        if (r)
            return r;
        last = !*w->rest;
        if (last && w->slash) /* the path names a folder */
            return failed(w, ENOTDIR, e);
        if (!*ret->name)
            return failed(w, *w->path ? EISDIR : ENOENT, e);
        if (!strcmp(ret->name, ".") || !strcmp(ret->name, "..")) {
            r = last ? failed(w, EISDIR, e) : enter(w, ret->name, e);
            if (r)
                return r;
            continue;
        }
        if (fstatat(w->dir, ret->name, &st, AT_SYMLINK_NOFOLLOW))
            return failed(w, errno, e);
        if (S_ISLNK(st.st_mode))
            r = follow(w, ret->name, &st, e);
        else if (!last)
            r = enter(w, ret->name, e);
        else {
            ret->st = st;
            return check_owners(w, st.st_uid, e);
        }
        if (r)
            return r;
    }
}

int file_walk(const char *path, struct walked *ret, struct err *e)
{
    struct walk w = { .path = path, .dir = -1 };
    int r;

    if (strlen(path) >= sizeof(w.rest))
        return failed(&w, ENAMETOOLONG, e);
    strcpy(w.rest, path);
    w.dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (w.dir < 0)
        return failed(&w, errno, e);
    r = walk(&w, ret, e);
    if (r)
        close_p(&w.dir);
    else
        ret->dir = w.dir;
    return r;
}
