/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block devices: which device is built on which (partitions, device-mapper, md, loop, shared
 * namespaces), and whether a function's device has a user at the top.
 */
#include "inuse/inuse_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int blocks_open(struct inuse *u, struct err *e)
{
    struct blocks *b;
    struct xs *xs;
    size_t n = 0;
    int r;

    if (u->blocks)
        return 0;
    b = calloc(1, sizeof(*b));
    if (!b)
        return err_nomem(e);
    b->root = u->root;
    b->kdevs = u->kdevs;
    for (size_t i = 0; i < kdevs_count(u->kdevs); i++)
        n += kdevs_at(u->kdevs, i)->kind == KDEV_BLOCK;
    b->nodes = calloc(n ? n : 1, sizeof(*b->nodes));
    r = b->nodes ? inuse_xs(u, &xs, e) : err_nomem(e);
    for (size_t i = 0; !r && i < kdevs_count(u->kdevs); i++)
        if (kdevs_at(u->kdevs, i)->kind == KDEV_BLOCK)
            b->nodes[b->n_nodes++].dev = kdevs_at(u->kdevs, i);
    for (size_t i = 0; !r && i < b->n_nodes; i++)
        r = block_read_node(b, i, e);
    if (!r)
        r = blocks_read_uses(b, xs, e);
    if (r) {
        blocks_close(b);
        return r;
    }
    u->blocks = b;
    return 0;
}

/* ---- asking for one function ---- */

struct search {
    const struct blocks *b;
    bool *own;      /* by node: lost with the function */
    bool *used;     /* by node: on the way to a user */
    bool *asked;    /* by node: add_claims() has visited it */
    size_t *seen;   /* by node: the last `question` that visited it */
    size_t question;
    struct holders *all;
};

/* The node itself, or the hidden path to it, when that is lost with the function. */
static size_t own_path(const struct search *s, size_t node)
{
    const struct block_node *n = &s->b->nodes[node];

    if (s->own[node])
        return node;
    for (size_t i = 0; i < n->n_below; i++)
        if (s->b->nodes[n->below[i]].hidden && s->own[n->below[i]])
            return n->below[i];
    return BLOCK_NONE;
}

/* Adds the known name of a disk's controller: NVMe controller or USB bus. */
static void push_controller(struct holder *h, const char *path)
{
    static const char *const folders[] = { "/nvme/", "/usb" };

    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        const char *p = strstr(path, folders[i]);
        char name[32];

        if (!p)
            continue;
        p += i ? 1 : strlen(folders[i]);
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, "/"), p);
        holder_push(h, name, NULL);
        return;
    }
}

/* True when the node is built on the function; h gets the chain from there up to it. */
static bool reaches(const struct search *s, size_t node, struct holder *h)
{
    const struct block_node *n = &s->b->nodes[node];
    size_t path = own_path(s, node);
    bool found = false;

    if (s->seen[node] == s->question)
        return false; /* no way from here, or a loop */
    s->seen[node] = s->question;
    if (path == BLOCK_NONE)
        path = own_path(s, n->disk);
    if (path != BLOCK_NONE) {
        push_controller(h, s->b->nodes[path].dev->path);
        found = true;
    }
    if (!found && n->disk != node)
        found = reaches(s, n->disk, h);
    for (size_t i = 0; !found && i < n->n_below; i++)
        found = reaches(s, n->below[i], h);
    if (!found)
        return false;
    if (n->via)
        holder_push(h, n->via, NULL);
    holder_push(h, n->dev->name, n->label);
    s->used[node] = true;
    return true;
}

static int add_uses(struct search *s, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < s->b->n_uses; i++) {
        const struct block_use *use = &s->b->uses[i];
        struct holder h = { .len = 0 };

        s->question++;
        if (!reaches(s, use->node, &h))
            continue;
        if (use->via)
            holder_push(&h, use->via, NULL);
        holder_push(&h, use->user, use->label);
        r = holders_add(s->all, use->what, &h, e);
    }
    return r;
}

/*
 * True when the device is opened exclusively: by a file system, zfs, bcache or an iSCSI target, all
 * of which claim their devices (fs/block_dev.c, bd_prepare_to_claim()).
 */
static bool is_claimed(const struct blocks *b, const struct block_node *n)
{
    char name[NAME_MAX + 1];
    AUTO_CLOSE int fd = -1;

    if (!root_is_host(b->root))
        return false;
    snprintf(name, sizeof(name), "%s", n->dev->name);
    for (char *p = name; (p = strchr(p, '!')); )
        *p = '/';
    fd = root_openf(b->root, O_RDONLY | O_EXCL | O_NONBLOCK, "dev/%s", name);
    return fd == -EBUSY;
}

/*
 * A written array loses a member for good.  An array that was only assembled (read-auto) does not.
 * (drivers/md/md.c, array_states)
 */
static bool is_running_array(const struct blocks *b, const struct block_node *n)
{
    char state[32];

    return root_readf(b->root, state, sizeof(state), "%s/md/array_state", n->dev->path) > 0 &&
           strcmp(state, "clear") && strcmp(state, "inactive") && strcmp(state, "readonly") &&
           strcmp(state, "read-auto");
}

static bool stands_on(const struct blocks *b, size_t upper, size_t node)
{
    const struct block_node *n = &b->nodes[upper];

    if (upper != node && n->disk == node)
        return true;
    for (size_t i = 0; i < n->n_below; i++)
        if (n->below[i] == node)
            return true;
    return false;
}

/*
 * Adds devices that are in use by an unknown user.  A logical volume or crypt device that no
 * program has opened does not count: it appears by itself at boot.
 */
static int add_claims(struct search *s, size_t node, struct err *e)
{
    const struct block_node *n = &s->b->nodes[node];
    const char *what = NULL;
    bool leaf = true;
    int r = 0;

    if (s->asked[node])
        return 0;
    s->asked[node] = true;
    for (size_t i = 0; !r && i < s->b->n_nodes; i++)
        if (stands_on(s->b, i, node)) {
            leaf = false;
            r = add_claims(s, i, e);
        }
    if (r || s->used[node])
        return r;
    if (is_running_array(s->b, n))
        what = "array";
    else if (leaf && !n->hidden && is_claimed(s->b, n))
        what = "opened exclusively";
    if (what) {
        struct holder h = { .len = 0 };

        s->question++;
        if (reaches(s, node, &h))
            r = holders_add(s->all, what, &h, e);
    }
    return r;
}

int inuse_block(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    AUTO_FREE bool *own = NULL, *used = NULL, *asked = NULL;
    AUTO_FREE size_t *seen = NULL;
    struct search s = { .all = all };
    const struct kdev *dev;
    size_t i = 0;
    int r;

    if (!inuse_next(u, bdf, KDEV_BLOCK, &i))
        return 0;
    r = blocks_open(u, e);
    if (r)
        return r;
    s.b = u->blocks;
    s.own = own = calloc(s.b->n_nodes, sizeof(*own));
    s.used = used = calloc(s.b->n_nodes, sizeof(*used));
    s.seen = seen = calloc(s.b->n_nodes, sizeof(*seen));
    s.asked = asked = calloc(s.b->n_nodes, sizeof(*asked));
    if (!own || !used || !seen || !asked)
        return err_nomem(e);
    for (i = 0; (dev = inuse_next(u, bdf, KDEV_BLOCK, &i)); )
        own[block_of(s.b, dev)] = true;
    r = add_uses(&s, e);
    for (size_t node = 0; !r && node < s.b->n_nodes; node++)
        if (own[node] && s.b->nodes[node].disk == node)
            r = add_claims(&s, node, e);
    return r;
}
