/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/sysfs_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int sysfs_write(const struct root *root, const char *path, const char *value)
{
    AUTO_CLOSE int fd = root_openf(root, O_WRONLY, "%s", path);
    ssize_t n;

    if (fd < 0)
        return fd;
    /* No loop over a short write: a second write would be a second command. */
    n = write(fd, value, strlen(value));
    if (n < 0)
        return -errno;
    return (size_t)n == strlen(value) ? 0 : -EIO;
}
