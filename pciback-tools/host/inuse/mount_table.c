/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse/mount_table.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>

#include "base/library.h"

static struct {
    struct libmnt_table *(*new_table)(void);
    void (*unref_table)(struct libmnt_table *);
    struct libmnt_iter *(*new_iter)(int);
    void (*free_iter)(struct libmnt_iter *);
    int (*parse_stream)(struct libmnt_table *, FILE *, const char *);
    int (*parse_swaps)(struct libmnt_table *, const char *);
    int (*next_fs)(struct libmnt_table *, struct libmnt_iter *, struct libmnt_fs **);
    const char *(*get_source)(struct libmnt_fs *);
    const char *(*get_target)(struct libmnt_fs *);
    const char *(*get_fstype)(struct libmnt_fs *);
    dev_t (*get_devno)(struct libmnt_fs *);
} mnt;

static const struct library_symbol symbols[] = {
    { "mnt_new_table", (void **)&mnt.new_table },
    { "mnt_unref_table", (void **)&mnt.unref_table },
    { "mnt_new_iter", (void **)&mnt.new_iter },
    { "mnt_free_iter", (void **)&mnt.free_iter },
    { "mnt_table_parse_stream", (void **)&mnt.parse_stream },
    { "mnt_table_parse_swaps", (void **)&mnt.parse_swaps },
    { "mnt_table_next_fs", (void **)&mnt.next_fs },
    { "mnt_fs_get_source", (void **)&mnt.get_source },
    { "mnt_fs_get_target", (void **)&mnt.get_target },
    { "mnt_fs_get_fstype", (void **)&mnt.get_fstype },
    { "mnt_fs_get_devno", (void **)&mnt.get_devno },
};

static int open_library(struct err *e)
{
    if (mnt.new_table || library_open("libmount.so.1", symbols, ARRAY_LEN(symbols)))
        return 0;
    return err_set(e, XV_CANNOT, ELIBACC, "read dom0's mounts: libmount cannot be used");
}

static int each(struct libmnt_table *table, mount_entry_fn *call, void *user, struct err *e)
{
    struct libmnt_iter *iter = mnt.new_iter(MNT_ITER_FORWARD);
    struct libmnt_fs *fs;
    int r = iter ? 0 : err_nomem(e);

    while (!r && !mnt.next_fs(table, iter, &fs)) {
        const struct mount_entry entry = { mnt.get_source(fs), mnt.get_target(fs),
                                           mnt.get_fstype(fs), mnt.get_devno(fs) };

        r = call(user, &entry, e);
    }
    mnt.free_iter(iter);
    return r;
}

int mount_table_mounts(const struct root *root, const char *mountinfo, mount_entry_fn *call,
                       void *user, struct err *e)
{
    struct libmnt_table *table;
    FILE *f;
    int fd, r = open_library(e);

    if (r)
        return r;
    table = mnt.new_table();
    fd = root_openf(root, O_RDONLY, "%s", mountinfo);
    f = fd < 0 ? NULL : fdopen(fd, "r");
    if (!f || !table || mnt.parse_stream(table, f, mountinfo))
        r = err_set(e, XV_CANNOT, EIO,
                    "read dom0's mounts: its mountinfo is missing or has an unknown format");
    else
        r = each(table, call, user, e);
    if (f)
        fclose(f);
    mnt.unref_table(table);
    return r;
}

int mount_table_swaps(const struct root *root, mount_entry_fn *call, void *user, struct err *e)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, "proc/swaps");
    struct libmnt_table *table;
    char file[40];
    int r;

    if (fd == -ENOENT)
        return 0;
    r = open_library(e);
    if (r)
        return r;
    /* libmount opens a path, which must not lead out of the tree */
    snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
    table = mnt.new_table();
    if (fd < 0 || !table || mnt.parse_swaps(table, file))
        r = err_set(e, XV_CANNOT, EIO, "read dom0's swap areas: /proc/swaps has an unknown format");
    else
        r = each(table, call, user, e);
    mnt.unref_table(table);
    return r;
}
