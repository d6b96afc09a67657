/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct root {
    int fd;
    bool host;
    char prefix[PATH_MAX];
};

int root_open(struct root **ret, const char *dir, struct err *e)
{
    struct root *root = calloc(1, sizeof(*root));

    if (!root)
        return err_nomem(e);
    root->host = dir == NULL;
    if (dir && !realpath(dir, root->prefix)) {
        int r = err_sys(e, XV_NOT_FOUND, errno, "open root: %s", dir);

        free(root);
        return r;
    }
    root->fd = open(dir ? root->prefix : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root->fd < 0) {
        int r = err_sys(e, XV_NOT_FOUND, errno, "open root: %s", dir ? dir : "/");

        free(root);
        return r;
    }
    *ret = root;
    return 0;
}

struct root *root_close(struct root *root)
{
    if (root) {
        close(root->fd);
        free(root);
    }
    return NULL;
}

bool root_is_host(const struct root *root)
{
    return root->host;
}

const char *root_prefix(const struct root *root)
{
    return root->prefix;
}

static int open_once(const struct root *root, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)flags | O_CLOEXEC,
        .resolve = root->host ? 0 : RESOLVE_IN_ROOT, /* no path leads out of "/" */
    };
    long fd;

    /*
     * The kernel answers EAGAIN when a path has a "..", as all links of sysfs do, and something was
     * renamed or mounted on the machine meanwhile.
     */
    do
        fd = syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
    while (fd < 0 && errno == EAGAIN);
    return fd < 0 ? -errno : (int)fd;
}

/* A captured tree may hold only these: opening a fifo waits, and opening a device acts. */
static bool is_harmless(mode_t mode)
{
    return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode);
}

static int open_below(const struct root *root, const char *path, int flags)
{
    if (!*path)
        return -ENAMETOOLONG;
    if (!root->host && !(flags & (O_PATH | O_DIRECTORY))) {
        AUTO_CLOSE int fd = open_once(root, path, O_PATH | (flags & O_NOFOLLOW));
        struct stat st;

        if (fd >= 0 && (fstat(fd, &st) || !is_harmless(st.st_mode)))
            return -EINVAL;
        flags |= O_NONBLOCK | O_NOCTTY;
    }
    return open_once(root, path, flags);
}

int root_open_at(int folder, const char *name)
{
    struct stat st;
    int fd;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Expands the variadic path into `path`; "" when it is too long. */
#define FORMAT_PATH(path, fmt)                                          \
    do {                                                                \
        va_list ap_;                                                    \
        int n_;                                                         \
                                                                        \
        va_start(ap_, fmt);                                             \
        n_ = vsnprintf(path, sizeof(path), fmt, ap_);                   \
        va_end(ap_);                                                    \
        if (n_ < 0 || (size_t)n_ >= sizeof(path))                       \
            path[0] = '\0';                                             \
    } while (0)

int root_openf(const struct root *root, int flags, const char *fmt, ...)
{
    char path[PATH_MAX];

    FORMAT_PATH(path, fmt);
    return open_below(root, path, flags);
}

/* Cuts trailing newlines off; returns the new length. */
static int end_text(char *buf, size_t len)
{
    while (len && buf[len - 1] == '\n')
        len--;
    buf[len] = '\0';
    return (int)len;
}

int root_readf(const struct root *root, char *buf, size_t size, const char *fmt, ...)
{
    char path[PATH_MAX];
    AUTO_CLOSE int fd = -1;
    size_t len = 0;

    FORMAT_PATH(path, fmt);
    fd = open_below(root, path, O_RDONLY);
    if (fd < 0)
        return fd;
    while (len < size - 1) {
        ssize_t n = read(fd, buf + len, size - 1 - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        len += (size_t)n;
        if (!strncmp(path, "sys/", 4) && len < size - 1)
            break;  /* sysfs hands out an attribute in one read */
    }
    return end_text(buf, len);
}

int root_read_at(int folder, const char *name, char *buf, size_t size)
{
    AUTO_CLOSE int fd = root_open_at(folder, name);
    ssize_t n;

    if (fd < 0)
        return fd;
    n = read(fd, buf, size - 1);
    return n < 0 ? -errno : end_text(buf, (size_t)n);
}

int root_readlinkf(const struct root *root, char buf[PATH_MAX], const char *fmt, ...)
{
    char path[PATH_MAX];
    AUTO_CLOSE int fd = -1;
    ssize_t n;

    FORMAT_PATH(path, fmt);
    if (root->host) {
        n = readlinkat(root->fd, path, buf, PATH_MAX - 1);
        if (n < 0)
            return -errno;
        buf[n] = '\0';
        return 0;
    }
    fd = open_below(root, path, O_PATH | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    n = readlinkat(fd, "", buf, PATH_MAX - 1);
    if (n < 0)
        return errno == ENOENT ? -EINVAL : -errno; /* not a link */
    buf[n] = '\0';
    return 0;
}

static void last_component(const char *link, char *buf, size_t size)
{
    const char *slash = strrchr(link, '/');
    size_t len;

    link = slash ? slash + 1 : link;
    len = strnlen(link, size - 1);
    memcpy(buf, link, len);
    buf[len] = '\0';
}

void root_link_name(const struct root *root, char *buf, size_t size, const char *fmt, ...)
{
    char path[PATH_MAX], link[PATH_MAX];

    FORMAT_PATH(path, fmt);
    if (root_readlinkf(root, link, "%s", path))
        link[0] = '\0';
    last_component(link, buf, size);
}

void root_link_name_at(int folder, const char *name, char *buf, size_t size)
{
    char link[PATH_MAX];
    ssize_t n = readlinkat(folder, name, link, sizeof(link) - 1);

    link[n < 0 ? 0 : n] = '\0';
    last_component(link, buf, size);
}

DIR *root_opendirf(const struct root *root, const char *fmt, ...)
{
    char path[PATH_MAX], full[PATH_MAX + 1];
    DIR *dir;
    int fd;

    FORMAT_PATH(path, fmt);
    if (root->host) {
        snprintf(full, sizeof(full), "/%s", path);
        return opendir(full);   /* with two calls less than fdopendir() */
    }
    fd = open_below(root, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        errno = -fd;
        return NULL;
    }
    dir = fdopendir(fd);
    if (!dir)
        close(fd);
    return dir;
}

struct dirent *root_readdir(DIR *dir)
{
    struct dirent *de;

    while ((de = readdir(dir)))
        if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
            return de;
    return NULL;
}

bool root_existsf(const struct root *root, const char *fmt, ...)
{
    char path[PATH_MAX];
    AUTO_CLOSE int fd = -1;
    struct stat st;

    FORMAT_PATH(path, fmt);
    if (root->host)
        return !fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW);
    fd = open_below(root, path, O_PATH | O_NOFOLLOW);
    return fd >= 0;
}
