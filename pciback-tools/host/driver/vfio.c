/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

bool vfio_in_use(const struct root *root, int group)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDWR, "dev/vfio/%d", group);

    return fd == -EBUSY;
}

/* Opens the group's file as O_PATH: a real open would make the group busy. */
static int open_path(const struct root *root, int group)
{
    return root_openf(root, O_PATH | O_NOFOLLOW, "dev/vfio/%d", group);
}

uid_t vfio_owner(const struct root *root, int group)
{
    AUTO_CLOSE int fd = open_path(root, group);
    struct stat st;

    return fd < 0 || fstat(fd, &st) ? 0 : st.st_uid;
}

int vfio_set_owner(const struct root *root, int group, uid_t uid, struct err *e)
{
    AUTO_CLOSE int fd = open_path(root, group);

    if (fd < 0)
        return err_sys(e, XV_FAILED, -fd, "find /dev/vfio/%d", group);
    if (fchownat(fd, "", uid, (gid_t)-1, AT_EMPTY_PATH))
        return err_sys(e, XV_FAILED, errno, "change the owner of /dev/vfio/%d", group);
    return 0;
}
