/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "netaddr.h"

/* dm on md on dm ...: deeper than anybody stacks, and an end for a loop. */
#define DEPTH_MAX 16

struct search {
    const struct root *root;
    char path[PATH_MAX];    /* the function's folder, "sys/devices/pci0000:00/..." */
    struct holder *holders;
    size_t n;
};

static int add_holder(struct search *s, const char *what, const char *chain, struct err *e)
{
    if (ARRAY_GROW(s->holders, s->n))
        return err_nomem(e);
    s->holders[s->n].what = what;
    snprintf(s->holders[s->n].chain, sizeof(s->holders[s->n].chain), "%s", chain);
    s->n++;
    return 0;
}

/*
 * The folder that a link in sysfs names, as a path below the root.  Links there are
 * relative with any number of "../" that all end in sys/.
 */
static int resolve(const struct root *root, char out[PATH_MAX], const char *link)
{
    char target[PATH_MAX];
    const char *p = target;
    int r = root_readlinkf(root, target, "%s", link);

    if (r)
        return r;
    while (!strncmp(p, "../", 3))
        p += 3;
    if (snprintf(out, PATH_MAX, "sys/%s", p) >= PATH_MAX)
        return -ENAMETOOLONG;
    return 0;
}

static bool is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return !strncmp(path, folder, n) && (path[n] == '/' || path[n] == '\0');
}

/*
 * True when the block device, a partition or a device-mapper or md device, stands on
 * the function; chain gets its names from below up.
 */
static bool stands_on(struct search *s, const char *block, int depth, char *chain, size_t size)
{
    const char *name = strrchr(block, '/') + 1;
    AUTO_CLOSEDIR DIR *slaves = NULL;
    struct dirent *de;

    if (is_below(block, s->path)) {
        snprintf(chain, size, "%s", name);
        return true;
    }
    if (depth == DEPTH_MAX)
        return false;
    slaves = root_opendirf(s->root, "%s/slaves", block);
    while (slaves && (de = root_readdir(slaves))) {
        char link[PATH_MAX + 256], below[PATH_MAX];
        size_t len;

        snprintf(link, sizeof(link), "sys/class/block/%s", de->d_name);
        if (resolve(s->root, below, link) || !stands_on(s, below, depth + 1, chain, size))
            continue;
        len = strlen(chain);
        snprintf(chain + len, size - len, " > %s", name);
        return true;
    }
    return false;
}

/* Adds the user of a block device, given by number or by its path in /dev. */
static int check_block(struct search *s, dev_t devno, const char *source, const char *what,
                       const char *user, struct err *e)
{
    char link[PATH_MAX], block[PATH_MAX], chain[HOLDER_CHAIN_MAX];
    size_t len;

    snprintf(link, sizeof(link), "sys/dev/block/%u:%u", major(devno), minor(devno));
    if (!devno || resolve(s->root, block, link)) {
        /* btrfs and overlays have numbers of their own: go by the name in /dev. */
        struct stat st;

        if (!source || strncmp(source, "/dev/", 5))
            return 0;
        if (root_is_host(s->root) && !stat(source, &st) && S_ISBLK(st.st_mode))
            snprintf(link, sizeof(link), "sys/dev/block/%u:%u", major(st.st_rdev),
                     minor(st.st_rdev));
        else
            snprintf(link, sizeof(link), "sys/class/block/%s", strrchr(source, '/') + 1);
        if (resolve(s->root, block, link))
            return 0;
    }
    if (!stands_on(s, block, 0, chain, sizeof(chain)))
        return 0;
    len = strlen(chain);
    snprintf(chain + len, sizeof(chain) - len, " > %s", user);
    return add_holder(s, what, chain, e);
}

/* The mounts that dom0 sees; on a captured machine those of its first process. */
static struct libmnt_table *read_mounts(struct search *s)
{
    const char *file = root_is_host(s->root) ? "proc/self/mountinfo" : "proc/1/mountinfo";
    struct libmnt_table *table = mnt_new_table();
    int fd = root_openf(s->root, O_RDONLY, "%s", file);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

    if (!f || !table || mnt_table_parse_stream(table, f, file)) {
        mnt_unref_table(table);
        table = NULL;
    }
    if (f)
        fclose(f);
    return table;
}

static struct libmnt_table *read_swaps(struct search *s)
{
    struct libmnt_table *table = mnt_new_table();
    char file[PATH_MAX + 16];

    snprintf(file, sizeof(file), "%s/proc/swaps", root_prefix(s->root));
    if (table && mnt_table_parse_swaps(table, file)) { /* a kernel without swap */
        mnt_unref_table(table);
        table = NULL;
    }
    return table;
}

static int check_storage(struct search *s, struct err *e)
{
    struct libmnt_table *mounts = read_mounts(s), *swaps = read_swaps(s);
    struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
    struct libmnt_fs *fs;
    int r = 0;

    if (!mounts || !iter)
        r = err_set(e, XV_CANNOT, EIO,
                    "read dom0's mounts: its mountinfo is not there or not as expected");
    while (!r && !mnt_table_next_fs(mounts, iter, &fs))
        r = check_block(s, mnt_fs_get_devno(fs), mnt_fs_get_source(fs), "mount",
                        mnt_fs_get_target(fs), e);
    if (!r)
        mnt_reset_iter(iter, MNT_ITER_FORWARD);
    while (!r && swaps && !mnt_table_next_fs(swaps, iter, &fs))
        r = check_block(s, 0, mnt_fs_get_source(fs), "swap", "swap", e);
    mnt_unref_table(mounts);
    mnt_unref_table(swaps);
    mnt_free_iter(iter);
    return r;
}

static int check_interface(struct search *s, const char *ifname, struct err *e)
{
    char address[64], master[64], chain[HOLDER_CHAIN_MAX];
    int r = 0;

    if (netaddr_first(s->root, ifname, address, sizeof(address))) {
        snprintf(chain, sizeof(chain), "%s > %s", ifname, address);
        r = add_holder(s, "address", chain, e);
    }
    root_link_name(s->root, master, sizeof(master), "sys/class/net/%s/master", ifname);
    if (!r && *master) {
        snprintf(chain, sizeof(chain), "%s > %s", ifname, master);
        r = add_holder(s, root_existsf(s->root, "sys/class/net/%s/brport", ifname) ? "bridge"
                                                                                   : "bond",
                       chain, e);
    }
    return r;
}

static int check_network(struct search *s, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(s->root, "sys/class/net");
    struct dirent *de;
    int r = 0;

    while (!r && dir && (de = root_readdir(dir))) {
        char link[PATH_MAX], folder[PATH_MAX];

        snprintf(link, sizeof(link), "sys/class/net/%s", de->d_name);
        if (!resolve(s->root, folder, link) && is_below(folder, s->path))
            r = check_interface(s, de->d_name, e);
    }
    return r;
}

int inuse_find(const struct root *root, struct bdf bdf, struct holder **ret, size_t *n,
               struct err *e)
{
    struct search s = { .root = root };
    char link[PATH_MAX];
    int r;

    snprintf(link, sizeof(link), "sys/bus/pci/devices/%s", BDF_STR(bdf));
    r = resolve(root, s.path, link);
    if (r)
        return err_sys(e, XV_NOT_FOUND, -r, "%s: find the device's folder", BDF_STR(bdf));
    r = check_storage(&s, e);
    if (!r)
        r = check_network(&s, e);
    if (r) {
        free(s.holders);
        return r;
    }
    *ret = s.holders;
    *n = s.n;
    return 0;
}
