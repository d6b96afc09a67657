/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse/inuse_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/this_machine.h"

/*
 * A chain is name, NUL, label, NUL for each link, so that a holder is one flat thing.  A
 * name that is too long (the path of a mount) is cut at its end.
 */
static void push_text(struct holder *h, const char *text)
{
    size_t room = sizeof(h->chain) - h->len;

    if (!room)
        return;
    h->len += (size_t)snprintf(h->chain + h->len, room, "%.*s", (int)room - 1, text) + 1;
}

void holder_push(struct holder *h, const char *name, const char *label)
{
    push_text(h, name);
    push_text(h, label ? label : "");
}

const char *holder_link(const struct holder *h, size_t i, const char **label)
{
    const char *p = h->chain, *end = h->chain + h->len;

    for (; p < end; i--) {
        const char *text = p + strlen(p) + 1;

        if (!i) {
            if (label)
                *label = text < end && *text ? text : NULL;
            return p;
        }
        p = text < end ? text + strlen(text) + 1 : end;
    }
    return NULL;
}

void holder_push_all(struct holder *h, const struct holder *below)
{
    const char *name, *label;

    for (size_t i = 0; (name = holder_link(below, i, &label)); i++)
        holder_push(h, name, label);
}

struct holder_text holder_text(const struct holder *h)
{
    struct holder_text text = { "" };
    const char *name, *label;
    size_t len = 0;

    for (size_t i = 0; (name = holder_link(h, i, &label)) && len < sizeof(text.s); i++)
        len += (size_t)snprintf(text.s + len, sizeof(text.s) - len, "%s%s%s%s%s",
                                i ? " > " : "", name, label ? " (" : "", label ? label : "",
                                label ? ")" : "");
    return text;
}

void holder_json(struct json *json, const struct holder *h)
{
    const char *name;

    json_array(json, "chain");
    for (size_t i = 0; (name = holder_link(h, i, NULL)); i++)
        json_str(json, NULL, name);
    json_end_array(json);
    json_str(json, "what", h->what);
    json_str(json, "text", HOLDER_STR(h));
}

void holders_json(struct json *json, const struct holder *list, size_t n)
{
    json_array(json, "holders");
    for (size_t i = 0; i < n; i++) {
        json_object(json, NULL);
        holder_json(json, &list[i]);
        json_end_object(json);
    }
    json_end_array(json);
}

int holders_add(struct holders *all, const char *what, const struct holder *h, struct err *e)
{
    if (ARRAY_GROW(all->list, all->n))
        return err_nomem(e);
    all->list[all->n] = *h;
    all->list[all->n++].what = what;
    return 0;
}

int inuse_open(struct inuse **ret, const struct root *root, struct err *e)
{
    CLEANUP(inuse_close_p) struct inuse *u = calloc(1, sizeof(*u));
    int r;

    if (!u)
        return err_nomem(e);
    u->root = root;
    r = kdevs_open(&u->kdevs, root, e);
    if (r)
        return r;
    *ret = TAKE_PTR(u);
    return 0;
}

struct inuse *inuse_close(struct inuse *u)
{
    if (!u)
        return NULL;
    blocks_close(u->blocks);
    nets_close(u->nets);
    free(u->assigned);
    if (u->xs)
        xs_close_handle(u->xs);
    kdevs_close(u->kdevs);
    free(u);
    return NULL;
}

const struct kdevs *inuse_kdevs(const struct inuse *u)
{
    return u->kdevs;
}

int inuse_xs(struct inuse *u, struct xs **ret, struct err *e)
{
    if (!u->xs_asked && host_is_xen(u->root)) {
        int r = xs_open_handle(&u->xs, e);

        if (r)
            return r;
    }
    u->xs_asked = true;
    *ret = u->xs;
    return 0;
}

int inuse_domain(struct xs *xs, unsigned domid, char *buf, size_t size, struct err *e)
{
    AUTO_FREE char *name = NULL;
    int r = xs ? xs_getf(xs, &name, e, "/local/domain/%u/name", domid) : 0;

    if (r)
        return r;
    if (name && *name)
        snprintf(buf, size, "%s", name);
    else
        snprintf(buf, size, "domain %u", domid);
    return 0;
}

const struct kdev *inuse_next(const struct inuse *u, struct bdf bdf, enum kdev_kind kind,
                              size_t *i)
{
    const struct kdev *dev;

    while ((dev = kdevs_below(u->kdevs, bdf, (*i)++)))
        if (dev->kind == kind)
            return dev;
    return NULL;
}

int inuse_of(struct inuse *u, struct bdf bdf, struct holder **ret, size_t *n, struct err *e)
{
    /* In the order in which people would miss it. */
    static int (*const parts[])(struct inuse *, struct bdf, struct holders *, struct err *) = {
        inuse_net, inuse_block, inuse_display, inuse_usb, inuse_misc,
    };
    struct holders all = { .n = 0 };
    int r = 0;

    if (!root_existsf(u->root, "sys/bus/pci/devices/%s", BDF_STR(bdf)))
        return err_set(e, XV_NOT_FOUND, ENODEV, "%s: no such device", BDF_STR(bdf));
    for (size_t i = 0; !r && i < ARRAY_LEN(parts); i++)
        r = parts[i](u, bdf, &all, e);
    if (r) {
        free(all.list);
        err_prefix(e, "%s: what dom0 does with it", BDF_STR(bdf));
        return r;
    }
    *ret = all.list;
    *n = all.n;
    return 0;
}
