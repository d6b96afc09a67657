/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int state_dir_open(const struct root *root, const char *path, unsigned mode, int *ret,
                   struct err *e)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    AUTO_CLOSE int above = root_openf(root, O_PATH | O_DIRECTORY, "%.*s",
                                      slash ? (int)(slash - path) : 1, slash ? path : ".");
    AUTO_CLOSE int fd = -1;
    struct stat st;

    if (above < 0)
        return err_sys(e, XV_CANNOT, -above, "/%s", path);
    if (mkdirat(above, name, mode) && errno != EEXIST)
        return err_sys(e, XV_CANNOT, errno, "/%s", path);
    fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, XV_CANNOT, errno, "/%s", path);
    if (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(e, XV_CANNOT, EPERM,
                       "/%s: the folder belongs to or can be written by others", path);
    *ret = fd;
    fd = -1;
    return 0;
}
