/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"

int state_dir_open(const char *dir, int *ret, struct err *e)
{
    AUTO_CLOSE int fd = -1;
    struct stat st;

    if (mkdir(dir, 0700) && errno != EEXIST)
        return err_sys(e, XV_CANNOT, errno, "%s", dir);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, XV_CANNOT, errno, "%s", dir);
    if (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(e, XV_CANNOT, EPERM,
                       "%s: the folder belongs to or can be written by others", dir);
    *ret = fd;
    fd = -1;
    return 0;
}
