/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "state_dir.h"

#define FOLDER "run/xvtd"       /* below the root */

/* libxl's name for a function, PCI_BDF_XSPATH. */
#define NODE "/libxl/pci/%04x-%02x-%02x-%01x/%s"
#define NODE_ARGS(b, key) \
    (unsigned)(b).segment, (unsigned)(b).bus, (b).slot & 0x1fu, (b).func & 7u, (key)

static int file_get(const struct root *root, struct bdf bdf, const char *key, char **ret,
                    struct err *e)
{
    char value[PATH_MAX];
    int r = root_readf(root, value, sizeof(value), FOLDER "/%s-%s", key, BDF_STR(bdf));

    if (r < 0 && r != -ENOENT)
        return err_sys(e, XV_CANNOT, -r, "read /" FOLDER "/%s-%s", key, BDF_STR(bdf));
    *ret = r < 0 ? NULL : strdup(value);
    return r < 0 || *ret ? 0 : err_nomem(e);
}

/* Beside it and over it: a half-written record would be no driver's name. */
static int replace_file(int dir, const char *file, const char *value)
{
    static const char temporary[] = "record.tmp";
    AUTO_CLOSE int fd = -1;
    ssize_t n;

    unlinkat(dir, temporary, 0);
    fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    n = write(fd, value, strlen(value));
    if (n < 0)
        return -errno;
    if ((size_t)n != strlen(value))
        return -ENOSPC;
    return renameat(dir, temporary, dir, file) ? -errno : 0;
}

static int file_set(const struct root *root, struct bdf bdf, const char *key,
                    const char *value, struct err *e)
{
    char path[PATH_MAX + 16], file[64];
    AUTO_CLOSE int dir = -1;
    int r;

    snprintf(path, sizeof(path), "%s/" FOLDER, root_prefix(root));
    r = state_dir_open(path, &dir, e);
    if (r)
        return r;
    snprintf(file, sizeof(file), "%s-%s", key, BDF_STR(bdf));
    if (value)
        r = replace_file(dir, file, value);
    else
        r = unlinkat(dir, file, 0) && errno != ENOENT ? -errno : 0;
    return r ? err_sys(e, XV_FAILED, -r, "write %s/%s", path, file) : 0;
}

int record_get(const struct records *records, struct bdf bdf, const char *key, char **ret,
               struct err *e)
{
    return records->xs ? xs_getf(records->xs, ret, e, NODE, NODE_ARGS(bdf, key))
                       : file_get(records->root, bdf, key, ret, e);
}

int record_set(const struct records *records, struct bdf bdf, const char *key,
               const char *value, struct err *e)
{
    return records->xs ? xs_setf(records->xs, value, e, NODE, NODE_ARGS(bdf, key))
                       : file_set(records->root, bdf, key, value, e);
}
