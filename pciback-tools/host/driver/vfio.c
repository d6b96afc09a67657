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

int vfio_set_owner(const struct root *root, int group, uid_t uid, uid_t *before, struct err *e)
{
    /* Opening the group itself would make it busy. */
    AUTO_CLOSE int fd = root_openf(root, O_PATH | O_NOFOLLOW, "dev/vfio/%d", group);
    struct stat st;

    if (fd < 0)
        return err_sys(e, XV_FAILED, -fd, "find /dev/vfio/%d", group);
    if (fstat(fd, &st) || fchownat(fd, "", uid, (gid_t)-1, AT_EMPTY_PATH))
        return err_sys(e, XV_FAILED, errno, "change the owner of /dev/vfio/%d", group);
    *before = st.st_uid;
    return 0;
}
