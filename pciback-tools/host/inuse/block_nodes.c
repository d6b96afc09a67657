/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block devices of a machine, and the devices below each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "inuse/inuse_parts.h"

struct blocks *blocks_close(struct blocks *b)
{
    if (!b)
        return NULL;
    for (size_t i = 0; i < b->n_nodes; i++) {
        free(b->nodes[i].below);
        free(b->nodes[i].via);
        free(b->nodes[i].label);
    }
    for (size_t i = 0; i < b->n_uses; i++) {
        free(b->uses[i].via);
        free(b->uses[i].user);
        free(b->uses[i].label);
    }
    free(b->nodes);
    free(b->uses);
    free(b);
    return NULL;
}

/* ---- reading them ---- */

size_t block_of(const struct blocks *b, const struct kdev *dev)
{
    /* devices of one kind are adjacent. */
    return dev && b->n_nodes ? (size_t)(dev - b->nodes[0].dev) : BLOCK_NONE;
}

size_t block_by_name(const struct blocks *b, const char *name)
{
    return block_of(b, kdevs_named(b->kdevs, KDEV_BLOCK, name));
}

size_t block_by_devno(const struct blocks *b, dev_t devno)
{
    for (size_t i = 0; devno && i < b->n_nodes; i++)
        if (b->nodes[i].devno == devno)
            return i;
    return BLOCK_NONE;
}

/*
 * The node of "/dev/mapper/vg-root" or "/dev/vg/root", the names that lvm and dm use for vg-root.
 */
static size_t by_dm_name(const struct blocks *b, const char *name)
{
    for (size_t i = 0; i < b->n_nodes; i++) {
        const char *p = name, *label = b->nodes[i].label;

        if (!label)
            continue;
        if (!strncmp(name, "mapper/", 7)) {
            if (!strcmp(label, name + 7))
                return i;
            continue;
        }
        /* dm doubles a hyphen inside a name; the one between volume group and volume is single. */
        for (; *label && *p; label++, p++) {
            if (*p == '/' ? *label != '-' : *label != *p)
                break;
            if (*p == '-' && *++label != '-')
                break;
        }
        if (!*label && !*p)
            return i;
    }
    return BLOCK_NONE;
}

size_t block_by_path(const struct blocks *b, const char *path)
{
    size_t node;
    struct stat st;

    if (strncmp(path, "/dev/", 5))
        return BLOCK_NONE;
    if (root_is_host(b->root) && !stat(path, &st) && S_ISBLK(st.st_mode))
        return block_by_devno(b, st.st_rdev);
    node = block_by_name(b, path + 5);
    return node != BLOCK_NONE ? node : by_dm_name(b, path + 5);
}

int block_add_below(struct blocks *b, size_t node, size_t below, struct err *e)
{
    struct block_node *n = &b->nodes[node];

    if (below == BLOCK_NONE)
        return 0;
    if (ARRAY_GROW(n->below, n->n_below))
        return err_nomem(e);
    n->below[n->n_below++] = below;
    return 0;
}

static int read_slaves(struct blocks *b, size_t node, struct err *e)
{
    const struct kdev *dev = b->nodes[node].dev;
    AUTO_CLOSEDIR DIR *dir = root_opendirf(b->root, "%s/slaves", dev->path);
    struct dirent *de;
    int r = 0;

    if (!dir && errno != ENOENT)
        return err_sys(e, XV_CANNOT, errno, "read /%s/slaves", dev->path);
    while (!r && dir && (de = root_readdir(dir)))
        r = block_add_below(b, node, block_by_name(b, de->d_name), e);
    return r;
}

int block_read_node(struct blocks *b, size_t node, struct err *e)
{
    struct block_node *n = &b->nodes[node];
    char text[PATH_MAX];
    unsigned high, low;
    const struct kdev *disk;
    const char *seen;
    int r = 0;

    if (root_readf(b->root, text, sizeof(text), "%s/dev", n->dev->path) > 0 &&
        sscanf(text, "%u:%u", &high, &low) == 2)
        n->devno = makedev(high, low);
    disk = kdevs_disk(b->kdevs, n->dev);
    n->disk = disk ? block_of(b, disk) : node;
    seen = kdevs_shared(b->kdevs, n->dev);
    if (seen) {
        n->hidden = true;
        r = block_add_below(b, block_by_name(b, seen), node, e);
    }
    if (!r && n->disk == node)
        r = read_slaves(b, node, e);
    if (!r && root_readf(b->root, text, sizeof(text), "%s/dm/name", n->dev->path) > 0 &&
        !(n->label = strdup(text)))
        return err_nomem(e);
    if (!r && root_readf(b->root, text, sizeof(text), "%s/loop/backing_file", n->dev->path) > 0 &&
        !(n->via = strdup(text)))
        return err_nomem(e);
    return r;
}
