/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the in-use guard; all others include inuse.h. */
#ifndef XVTD_INUSE_PARTS_H
#define XVTD_INUSE_PARTS_H

#include "inuse/inuse.h"
#include "xen/guest_pci.h"
#include "xen/xs.h"

/* More than any real stack (dm on md on dm ...); ends a loop. */
#define INUSE_DEPTH_MAX 16

struct inuse {
    const struct root *root;
    struct kdevs *kdevs;
    struct xs *xs;              /* NULL before inuse_xs(), and without Xen */
    bool xs_asked;
    struct blocks *blocks;      /* NULL until the first function with a disk */
    struct nets *nets;          /* NULL until the first one with an interface */
    struct guest_pci *assigned; /* valid when assigned_read */
    size_t n_assigned;
    bool assigned_read;
    char consoles[256];         /* the list in sysfs, valid when consoles_read */
    bool consoles_read;
};

/* Opens xenstore; *ret is NULL without Xen.  Errors: XV_CANNOT. */
int inuse_xs(struct inuse *u, struct xs **ret, struct err *e);

/* The domain's name, or "domain 7" when xenstore has none. */
int inuse_domain(struct xs *xs, unsigned domid, char *buf, size_t size, struct err *e);

/* The next device of a kind below the function, or NULL.  *i: 0 first; do not change it. */
const struct kdev *inuse_next(const struct inuse *u, struct bdf bdf, enum kdev_kind kind,
                              size_t *i);

/* Each adds the function's uses of its kind. */
int inuse_block(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e);
int inuse_net(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e);
int inuse_usb(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e);
int inuse_display(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e);
int inuse_misc(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e);

struct nets *nets_close(struct nets *n);

/* ---- block devices ---- */

/* A block device of the machine; node i is the i-th of KDEV_BLOCK. */
struct block_node {
    const struct kdev *dev;
    dev_t devno;
    size_t disk;        /* the disk of a partition, or itself */
    bool hidden;        /* a path to a shared namespace; not visible as a disk */
    size_t *below;      /* the nodes that it is built on */
    size_t n_below;
    char *via;          /* a loop device's file, or NULL */
    char *label;        /* a device-mapper device's name, or NULL */
};

/* A user of a block device. */
struct block_use {
    const char *what;   /* static */
    size_t node;
    char *via;          /* a file on it, or NULL */
    char *user;
    char *label;        /* or NULL */
};

struct blocks {
    const struct root *root;
    const struct kdevs *kdevs;
    struct block_node *nodes;
    size_t n_nodes;
    struct block_use *uses;
    size_t n_uses;
};

/* block_nodes.c */
struct blocks *blocks_close(struct blocks *b);

/* Fills a node whose dev is set.  Errors: XV_CANNOT, -ENOMEM. */
int block_read_node(struct blocks *b, size_t node, struct err *e);

/*
 * Find a node by kernel device, kernel name, number, or path in /dev; BLOCK_NONE when there is
 * none.
 */
#define BLOCK_NONE ((size_t)-1)
size_t block_of(const struct blocks *b, const struct kdev *dev);
size_t block_by_name(const struct blocks *b, const char *name);
size_t block_by_devno(const struct blocks *b, dev_t devno);
size_t block_by_path(const struct blocks *b, const char *path);

/* Adds `below` to the nodes that node is built on. */
int block_add_below(struct blocks *b, size_t node, size_t below, struct err *e);

/* inuse_mounts.c: fills uses, and the files' devices below loop devices.  xs may be NULL. */
int blocks_read_uses(struct blocks *b, struct xs *xs, struct err *e);

#endif
