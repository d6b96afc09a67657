/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/lock.h"
#include "cfg/file_walk.h"

struct cfg_file {
    char *path;         /* as given */
    int dir;            /* the folder; for CFG_WRITE open for reading, and locked */
    struct locks *locks;
    int fd;
    char name[NAME_MAX + 1];
    struct stat st;     /* of the file as it was read */
    char *text;
    size_t size;
};

static enum exit_code code_of(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return XV_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return XV_CANNOT;
    default:
        return XV_FAILED;
    }
}

static int failed(const struct cfg_file *f, const char *intent, int errnum, struct err *e)
{
    int r = err_sys(e, code_of(errnum), errnum, "%s: %s", intent, f->path);

    err_about(e, f->path);
    if (errnum == EROFS)
        err_hint(e, "the file system is mounted read-only");
    else if (errnum == ENOSPC || errnum == EDQUOT)
        err_hint(e, "make room on the file system; the file is as it was");
    return r;
}

/* Checks that the file may be replaced. */
static int check_writable(const struct cfg_file *f, struct err *e)
{
    int r;

    if (f->st.st_nlink > 1) {
        r = err_on(e, XV_REFUSED, EMLINK, f->path, "the file has %u names (hard links), and a "
                   "replacement would change only this one", (unsigned)f->st.st_nlink);
        err_kind(e, "hard-link");
        err_hint(e, "copy it with `cp -p` to a new file, then move that file over this name");
        return r;
    }
    if (faccessat(f->dir, ".", W_OK, AT_EACCESS))
        return failed(f, "edit cfg", errno, e);
    return 0;
}

static int read_all(struct cfg_file *f, struct err *e)
{
    size_t room = (size_t)f->st.st_size + 1;

    f->text = malloc(room + 1);
    if (!f->text)
        return err_nomem(e);
    while (f->size < room) {
        ssize_t n = read(f->fd, f->text + f->size, room - f->size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(f, "read cfg", errno, e);
        if (n == 0)
            break;
        f->size += (size_t)n;
    }
    if (f->size != (size_t)f->st.st_size)
        return err_on(e, XV_FAILED, EAGAIN, f->path, "it changed while it was read");
    f->text[f->size] = '\0';
    return 0;
}

static int open_walked(struct cfg_file *f, enum cfg_file_mode mode, struct err *e)
{
    struct walked w;
    int r = file_walk(f->path, &w, e);

    if (r)
        return r;
    f->dir = w.dir;
    memcpy(f->name, w.name, sizeof(f->name));
    if (mode == CFG_WRITE) {
        /* a lock and fsync(2) do not work on O_PATH */
        f->dir = openat(w.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = f->dir < 0 ? failed(f, "open the folder of the cfg", errno, e) : 0;
        close(w.dir);
        if (!r)
            r = locks_take_folder(&f->locks, f->dir, f->path, e);
        if (r) {
            err_about(e, f->path);
            return r;
        }
    }
    /* opens without waiting and without following: the name may be a fifo or a link by now */
    f->fd = openat(f->dir, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (f->fd < 0 || fstat(f->fd, &f->st))
        return failed(f, "open cfg", errno, e);
    if (mode == CFG_READ && (f->st.st_dev != w.st.st_dev || f->st.st_ino != w.st.st_ino))
        return err_on(e, XV_FAILED, EAGAIN, f->path, "it is being replaced");
    if (!S_ISREG(f->st.st_mode))
        return err_on(e, XV_USAGE, EINVAL, f->path, "it is not a regular file");
    if (f->st.st_size > (off_t)CFG_FILE_MAX)
        return err_on(e, XV_USAGE, EFBIG, f->path, "it is over %u MiB, too long for a cfg",
                      CFG_FILE_MAX >> 20);
    r = mode == CFG_WRITE ? check_writable(f, e) : 0;
    return r ? r : read_all(f, e);
}

int cfg_file_open(struct cfg_file **ret, const char *path, enum cfg_file_mode mode,
                  struct err *e)
{
    AUTO_CFG_FILE struct cfg_file *f = calloc(1, sizeof(*f));
    int r;

    if (!f)
        return err_nomem(e);
    f->dir = f->fd = -1;
    f->path = strdup(path);
    if (!f->path)
        return err_nomem(e);
    r = open_walked(f, mode, e);
    if (r)
        return r;
    *ret = TAKE_PTR(f);
    return 0;
}

const char *cfg_file_text(const struct cfg_file *file)
{
    return file->text;
}

size_t cfg_file_size(const struct cfg_file *file)
{
    return file->size;
}

/* Hashes and signatures of the old content would be wrong for the new content. */
static bool of_content(const char *attribute)
{
    return !strcmp(attribute, "security.ima") || !strcmp(attribute, "security.evm");
}

static int copy_attribute(const struct cfg_file *f, int fd, const char *name)
{
    AUTO_FREE char *value = NULL, *there = NULL;
    ssize_t n = fgetxattr(f->fd, name, NULL, 0), m;

    if (n < 0)
        return errno == ENODATA ? 0 : -errno;
    value = malloc((size_t)n + 1);
    there = malloc((size_t)n + 1);
    if (!value || !there)
        return -ENOMEM;
    n = fgetxattr(f->fd, name, value, (size_t)n);
    if (n < 0)
        return -errno;
    m = fgetxattr(fd, name, there, (size_t)n);
    if (m == n && !memcmp(value, there, (size_t)n))
        return 0; /* the folder sets this label by itself, and we may not */
    return fsetxattr(fd, name, value, (size_t)n, 0) ? -errno : 0;
}

static int copy_attributes(const struct cfg_file *f, int fd, struct err *e)
{
    AUTO_FREE char *names = NULL;
    ssize_t size = flistxattr(f->fd, NULL, 0);

    if (size <= 0)
        return size < 0 && errno != ENOTSUP ? failed(f, "edit cfg", errno, e) : 0;
    names = malloc((size_t)size);
    if (!names)
        return err_nomem(e);
    size = flistxattr(f->fd, names, (size_t)size);
    if (size < 0)
        return failed(f, "edit cfg", errno, e);
    for (const char *name = names; name < names + size; name += strlen(name) + 1) {
        int r = of_content(name) ? 0 : copy_attribute(f, fd, name);

        if (r == -ENOMEM)
            return err_nomem(e);
        if (r)
            return err_sys_on(e, code_of(-r), -r, f->path, "its attribute %s cannot be kept", name);
    }
    return 0;
}

static int write_all(const struct cfg_file *f, int fd, const char *text, size_t len,
                     struct err *e)
{
    while (len) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(f, "write cfg", errno, e);
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Fills the temporary file: text, owner, mode and attributes, synced. */
static int fill(const struct cfg_file *f, int fd, const char *text, size_t len, struct err *e)
{
    int r = write_all(f, fd, text, len, e);

    if (r)
        return r;
    if (fchown(fd, f->st.st_uid, f->st.st_gid)) {
        r = err_sys_on(e, code_of(errno), errno, f->path, "its owner cannot be kept");
        err_hint(e, "edit it as root, or as its owner");
        return r;
    }
    if (fchmod(fd, f->st.st_mode & 07777))
        return failed(f, "edit cfg", errno, e);
    r = copy_attributes(f, fd, e);
    if (r)
        return r;
    return fsync(fd) ? failed(f, "write cfg", errno, e) : 0;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Checks that the name still leads to the file that was read. */
static int check_unchanged(const struct cfg_file *f, struct err *e)
{
    struct stat st;

    if (fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW))
        return failed(f, "edit cfg", errno, e);
    if (st.st_dev == f->st.st_dev && st.st_ino == f->st.st_ino &&
        st.st_size == f->st.st_size && same_time(st.st_mtim, f->st.st_mtim) &&
        same_time(st.st_ctim, f->st.st_ctim))
        return 0;
    err_on(e, XV_FAILED, EAGAIN, f->path, "another program changed it in the meantime");
    err_hint(e, "xvtd wrote nothing; run the command again");
    return -EAGAIN;
}

int cfg_file_replace(struct cfg_file *f, const char *text, size_t len, struct err *e)
{
    char temporary[NAME_MAX + 1];
    AUTO_CLOSE int fd = -1;
    int r;

    snprintf(temporary, sizeof(temporary), ".%.*s.xvtd", NAME_MAX - 6, f->name);
    for (int again = 0; fd < 0; again++) {
        fd = openat(f->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
        /* We hold the lock, so an existing file was left by a killed process. */
        if (fd < 0 && (errno != EEXIST || again || unlinkat(f->dir, temporary, 0)))
            return failed(f, "make a temporary file beside the cfg", errno, e);
    }
    r = fill(f, fd, text, len, e);
    if (!r)
        r = check_unchanged(f, e);
    if (!r && renameat(f->dir, temporary, f->dir, f->name))
        r = failed(f, "replace cfg", errno, e);
    if (r) {
        unlinkat(f->dir, temporary, 0);
        return r;
    }
    if (fsync(f->dir)) {
        r = err_sys(e, XV_INCOMPLETE, errno, "sync the folder of the cfg: %s: the new file "
                    "is in place, but may be lost if the power fails", f->path);
        err_about(e, f->path);
    }
    return r;
}

struct cfg_file *cfg_file_close(struct cfg_file *f)
{
    if (f) {
        close_p(&f->fd);
        locks_close(f->locks);
        close_p(&f->dir);
        free(f->path);
        free(f->text);
        free(f);
    }
    return NULL;
}
