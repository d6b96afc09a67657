/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the in-use guard; all others include inuse.h. */
#ifndef XVTD_INUSE_PARTS_H
#define XVTD_INUSE_PARTS_H

#include "inuse/inuse.h"
#include "xen/guest_pci.h"
#include "xen/xs.h"

/* dm on md on dm ...: deeper than anybody stacks, and an end for a loop. */
#define INUSE_DEPTH_MAX 16

struct inuse {
    const struct root *root;
    struct kdevs *kdevs;
    struct xs *xs;              /* NULL until inuse_xs(), and where there is no Xen */
    bool xs_asked;
    struct blocks *blocks;      /* NULL until a function with a disk asks */
    struct nets *nets;          /* NULL until one with an interface asks */
    struct guest_pci *assigned; /* valid when assigned_read */
    size_t n_assigned;
    bool assigned_read;
    char consoles[256];         /* sysfs' own list, valid when consoles_read */
    bool consoles_read;
};

/* xenstore; *ret is NULL where there is no Xen to ask.  Errors: XV_CANNOT. */
int inuse_xs(struct inuse *u, struct xs **ret, struct err *e);

/* "vm1", or "domain 7" where xenstore has no name. */
int inuse_domain(struct xs *xs, unsigned domid, char *buf, size_t size, struct err *e);

/* The next one below the function of a kind, or NULL; *i: 0 at first, then untouched. */
const struct kdev *inuse_next(const struct inuse *u, struct bdf bdf, enum kdev_kind kind,
                              size_t *i);

/* Each adds what it finds for the function. */
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
    size_t disk;        /* whose partition it is, or itself */
    bool hidden;        /* a path to a shared namespace, no disk for people */
    size_t *below;      /* the nodes that it stands on */
    size_t n_below;
    char *via;          /* of a loop device: its file */
    char *label;        /* of a device-mapper device: its name; or NULL */
};

/* Somebody who uses a block device. */
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

/* Fills a node that has its dev.  Errors: XV_CANNOT, -ENOMEM. */
int block_read_node(struct blocks *b, size_t node, struct err *e);

/* Of a kernel device, by the kernel's name, by number, by a path in /dev; BLOCK_NONE where there is none. */
#define BLOCK_NONE ((size_t)-1)
size_t block_of(const struct blocks *b, const struct kdev *dev);
size_t block_by_name(const struct blocks *b, const char *name);
size_t block_by_devno(const struct blocks *b, dev_t devno);
size_t block_by_path(const struct blocks *b, const char *path);

/* below: what node stands on as well. */
int block_add_below(struct blocks *b, size_t node, size_t below, struct err *e);

/* inuse_mounts.c: fills uses, and what loop devices stand on.  xs may be NULL. */
int blocks_read_uses(struct blocks *b, struct xs *xs, struct err *e);

#endif
