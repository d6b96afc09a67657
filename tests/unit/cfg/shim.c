/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

struct shim shim;

static bool fails(const char *call)
{
    void (*before)(const char *) = shim.before;

    if (before) {
        shim.before = NULL; /* what it does is not counted */
        before(call);
        shim.before = before;
    }
    if (++shim.count == shim.kill_at)
        kill(getpid(), SIGKILL);
    if (shim.count != shim.fail_at)
        return false;
    shim.failed = call;
    errno = shim.fail_errno;
    return true;
}

int openat(int dir, const char *name, int flags, ...)
{
    va_list ap;
    mode_t mode = 0;

    va_start(ap, flags);
    if (flags & O_CREAT)
        mode = va_arg(ap, mode_t);
    va_end(ap);
    return fails("openat") ? -1 : (int)syscall(SYS_openat, dir, name, flags, mode);
}

ssize_t read(int fd, void *buf, size_t n)
{
    return fails("read") ? -1 : syscall(SYS_read, fd, buf, n);
}

/* Short on purpose: a writer has to go on. */
ssize_t write(int fd, const void *buf, size_t n)
{
    if (fd <= 2)
        return syscall(SYS_write, fd, buf, n);
    return fails("write") ? -1 : syscall(SYS_write, fd, buf, n > 64 ? n / 2 : n);
}

int fsync(int fd)
{
    return fails("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
    return fails("fchown") ? -1 : (int)syscall(SYS_fchown, fd, uid, gid);
}

int fchmod(int fd, mode_t mode)
{
    return fails("fchmod") ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int flock(int fd, int operation)
{
    return fails("flock") ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int fstat(int fd, struct stat *st)
{
    return fails("fstat") ? -1 : (int)syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);
}

int fstatat(int fd, const char *name, struct stat *st, int flags)
{
    return fails("fstatat") ? -1 : (int)syscall(SYS_newfstatat, fd, name, st, flags);
}

ssize_t flistxattr(int fd, char *list, size_t size)
{
    return fails("flistxattr") ? -1 : syscall(SYS_flistxattr, fd, list, size);
}

ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
    return fails("fgetxattr") ? -1 : syscall(SYS_fgetxattr, fd, name, value, size);
}

int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
    return fails("fsetxattr") ? -1
                              : (int)syscall(SYS_fsetxattr, fd, name, value, size, flags);
}

int renameat(int from, const char *a, int to, const char *b)
{
    return fails("renameat") ? -1 : (int)syscall(SYS_renameat, from, a, to, b);
}

int unlinkat(int fd, const char *name, int flags)
{
    return fails("unlinkat") ? -1 : (int)syscall(SYS_unlinkat, fd, name, flags);
}
