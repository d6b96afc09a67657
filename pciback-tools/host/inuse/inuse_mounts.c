/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of block devices: mounts, swap, zfs pools, disks of guests; files on mounts. */
#include "inuse/inuse_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "inuse/guest_disks.h"
#include "inuse/mount_table.h"

/* A mounted file system and its devices. */
struct mount {
    char *target;
    size_t *nodes;
    size_t n_nodes;
};

struct mounts {
    struct mount *all;
    size_t n;
};

static void mounts_clear(struct mounts *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->all[i].target);
        free(m->all[i].nodes);
    }
    free(m->all);
}

static int add_use(struct blocks *b, const char *what, size_t node, const char *via,
                   const char *user, const char *label, struct err *e)
{
    struct block_use use = { .what = what, .node = node };

    if (ARRAY_GROW(b->uses, b->n_uses))
        return err_nomem(e);
    use.via = via ? strdup(via) : NULL;
    use.user = strdup(user);
    use.label = label ? strdup(label) : NULL;
    b->uses[b->n_uses++] = use;
    return use.user && (use.via || !via) && (use.label || !label) ? 0 : err_nomem(e);
}

static int mount_add_node(struct mount *m, size_t node, struct err *e)
{
    for (size_t i = 0; i < m->n_nodes; i++)
        if (m->nodes[i] == node)
            return 0;
    if (node == BLOCK_NONE)
        return 0;
    if (ARRAY_GROW(m->nodes, m->n_nodes))
        return err_nomem(e);
    m->nodes[m->n_nodes++] = node;
    return 0;
}

/* Adds btrfs' devices, which it lists: sys/fs/btrfs/UUID/devices/sdb (fs/btrfs/sysfs.c). */
static int add_btrfs(const struct blocks *b, struct mount *m, size_t member, struct err *e)
{
    AUTO_CLOSEDIR DIR *all = root_opendirf(b->root, "sys/fs/btrfs");
    struct dirent *fs;
    int r = 0;

    while (!r && all && (fs = root_readdir(all))) {
        AUTO_CLOSEDIR DIR *dir = NULL;
        struct dirent *de;

        if (!root_existsf(b->root, "sys/fs/btrfs/%s/devices/%s", fs->d_name,
                          b->nodes[member].dev->name))
            continue;
        dir = root_opendirf(b->root, "sys/fs/btrfs/%s/devices", fs->d_name);
        while (!r && dir && (de = root_readdir(dir)))
            r = mount_add_node(m, block_by_name(b, de->d_name), e);
    }
    return r;
}

/* Adds the devices of a source: "/dev/sda1", or for bcachefs "/dev/sda:/dev/sdb". */
static int add_sources(const struct blocks *b, struct mount *m, const char *source,
                       struct err *e)
{
    AUTO_FREE char *copy = strdup(source);
    char *save = NULL;
    int r = 0;

    if (!copy)
        return err_nomem(e);
    r = mount_add_node(m, block_by_path(b, source), e);
    for (char *s = strtok_r(copy, ":", &save); !r && s; s = strtok_r(NULL, ":", &save))
        r = mount_add_node(m, block_by_path(b, s), e);
    return r;
}

/* The lists that are filled while reading. */
struct reading {
    struct blocks *b;
    struct mounts *mounts;
};

static int add_mount(void *user, const struct mount_entry *entry, struct err *e)
{
    struct mounts *mounts = ((struct reading *)user)->mounts;
    struct blocks *b = ((struct reading *)user)->b;
    struct mount *m;
    size_t node;
    int r;

    if (!entry->target)
        return 0;
    if (ARRAY_GROW(mounts->all, mounts->n))
        return err_nomem(e);
    m = &mounts->all[mounts->n];
    *m = (struct mount){ .target = strdup(entry->target) };
    if (!m->target)
        return err_nomem(e);
    mounts->n++;
    node = block_by_devno(b, entry->devno);
    /* btrfs and similar have device numbers of their own: use the source */
    if (node != BLOCK_NONE || !entry->source)
        r = mount_add_node(m, node, e);
    else
        r = add_sources(b, m, entry->source, e);
    if (!r && m->n_nodes && entry->type && !strcmp(entry->type, "btrfs"))
        r = add_btrfs(b, m, m->nodes[0], e);
    return r;
}

static int add_mount_uses(struct blocks *b, const struct mounts *mounts, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < mounts->n; i++)
        for (size_t j = 0; !r && j < mounts->all[i].n_nodes; j++)
            r = add_use(b, "mount", mounts->all[i].nodes[j], NULL, mounts->all[i].target, NULL,
                        e);
    return r;
}

/* Reads dom0's mounts; on a captured machine those of its first process. */
static int read_mounts(struct reading *reading, struct err *e)
{
    const struct root *root = reading->b->root;

    return mount_table_mounts(root, root_is_host(root) ? "proc/self/mountinfo" : "proc/1/mountinfo",
                              add_mount, reading, e);
}

/* The mount of a file: the one with the longest target above the path. */
static const struct mount *mount_of(const struct blocks *b, const struct mounts *mounts,
                                    const char *path)
{
    AUTO_FREE char *real = root_is_host(b->root) ? realpath(path, NULL) : NULL;
    const struct mount *found = NULL;
    size_t longest = 0;

    if (real)
        path = real;
    for (size_t i = 0; i < mounts->n; i++) {
        const char *target = mounts->all[i].target;
        size_t len = strlen(target);

        if (len == 1) /* "/" */
            len = 0;
        /* of two mounts on one target the later one is visible */
        if (!strncmp(path, target, len) && path[len] == '/' && len >= longest) {
            longest = len;
            found = &mounts->all[i];
        }
    }
    return found;
}

/* Adds a user of a file, or of a device by its name in /dev. */
static int add_path(struct blocks *b, const struct mounts *mounts, const char *what,
                    const char *path, const char *user, const char *label, struct err *e)
{
    size_t node = block_by_path(b, path);
    const struct mount *m;
    int r = 0;

    if (node != BLOCK_NONE)
        return add_use(b, what, node, NULL, user, label, e);
    m = mount_of(b, mounts, path);
    for (size_t i = 0; !r && m && i < m->n_nodes; i++)
        r = add_use(b, what, m->nodes[i], path, user, label, e);
    return r;
}

static int read_loops(struct blocks *b, const struct mounts *mounts, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < b->n_nodes; i++) {
        const char *file = b->nodes[i].via;
        size_t node = file ? block_by_path(b, file) : BLOCK_NONE;
        const struct mount *m = file ? mount_of(b, mounts, file) : NULL;

        if (node != BLOCK_NONE)
            r = block_add_below(b, i, node, e);
        for (size_t j = 0; !r && node == BLOCK_NONE && m && j < m->n_nodes; j++)
            r = block_add_below(b, i, m->nodes[j], e);
    }
    return r;
}

static int add_swap(void *user, const struct mount_entry *entry, struct err *e)
{
    const struct reading *reading = user;

    return entry->source ? add_path(reading->b, reading->mounts, "swap", entry->source, "swap",
                                    NULL, e)
                         : 0;
}


/*
 * zfs does not show its members in sysfs.  udev records the label of each member, and imported
 * pools have a folder in proc.
 */
static int read_zfs(struct blocks *b, struct err *e)
{
    int r = 0;

    if (!root_existsf(b->root, "proc/spl/kstat/zfs"))
        return 0;
    for (size_t i = 0; !r && i < b->n_nodes; i++) {
        char text[8192], pool[256], *label;
        dev_t devno = b->nodes[i].devno;

        if (!devno || root_readf(b->root, text, sizeof(text), "run/udev/data/b%u:%u",
                                 major(devno), minor(devno)) <= 0 ||
            !strstr(text, "E:ID_FS_TYPE=zfs_member") || !(label = strstr(text, "E:ID_FS_LABEL=")))
            continue;
        label += strlen("E:ID_FS_LABEL=");
        snprintf(pool, sizeof(pool), "%.*s", (int)strcspn(label, "\n"), label);
        if (*pool && !strchr(pool, '/') &&
            root_existsf(b->root, "proc/spl/kstat/zfs/%s", pool))
            r = add_use(b, "zfs", i, NULL, pool, "zfs pool", e);
    }
    return r;
}

static int add_guest_disk(struct blocks *b, const struct mounts *mounts, struct xs *xs,
                          const struct guest_disk *disk, struct err *e)
{
    size_t node = block_by_devno(b, disk->devno);
    char domain[128];
    int r = inuse_domain(xs, disk->domid, domain, sizeof(domain), e);

    if (r)
        return r;
    if (node != BLOCK_NONE)
        return add_use(b, "guest's disk", node, NULL, domain, disk->vdev, e);
    return disk->path ? add_path(b, mounts, "guest's disk", disk->path, domain, disk->vdev, e)
                      : 0;
}

static int read_guests(struct blocks *b, const struct mounts *mounts, struct xs *xs,
                       struct err *e)
{
    struct guest_disk *list = NULL;
    size_t n = 0;
    int r = guest_disks_list(xs, &list, &n, e);

    for (size_t i = 0; !r && i < n; i++)
        r = add_guest_disk(b, mounts, xs, &list[i], e);
    if (list)
        guest_disks_free(list, n);
    return r;
}

int blocks_read_uses(struct blocks *b, struct xs *xs, struct err *e)
{
    struct mounts mounts = { .n = 0 };
    struct reading reading = { b, &mounts };
    int r = read_mounts(&reading, e);

    if (!r)
        r = read_loops(b, &mounts, e);
    /* A refusal names the first use, so guests' disks come first. */
    if (!r && xs)
        r = read_guests(b, &mounts, xs, e);
    if (!r)
        r = add_mount_uses(b, &mounts, e);
    if (!r)
        r = mount_table_swaps(b->root, add_swap, &reading, e);
    if (!r)
        r = read_zfs(b, e);
    mounts_clear(&mounts);
    return r;
}
