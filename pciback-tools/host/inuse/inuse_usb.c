/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USB controllers: the only keyboard.  Other files handle disks and interfaces behind one. */
#include "inuse/inuse_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * True for a keyboard by udev's rule (input_id): it has all of the keys Escape to S, bits 1 to 31
 * of EV_KEY.  The attribute prints the highest word first.
 */
static bool is_keyboard(const struct root *root, const struct kdev *dev)
{
    char keys[1024];
    const char *low;

    if (!strncmp(dev->path, "sys/devices/virtual/", 20) ||
        root_readf(root, keys, sizeof(keys), "%s/capabilities/key", dev->path) <= 0)
        return false;
    low = strrchr(keys, ' ');
    return (strtoull(low ? low + 1 : keys, NULL, 16) & 0xfffffffe) == 0xfffffffe;
}

static bool is_below(const struct inuse *u, struct bdf bdf, const struct kdev *dev)
{
    const struct kdev *below;
    size_t i = 0;

    while ((below = inuse_next(u, bdf, KDEV_INPUT, &i)))
        if (below == dev)
            return true;
    return false;
}

/* True when there is another keyboard. */
static bool other_keyboard(const struct inuse *u, struct bdf bdf)
{
    for (size_t i = 0; i < kdevs_count(u->kdevs); i++) {
        const struct kdev *dev = kdevs_at(u->kdevs, i);

        if (dev->kind == KDEV_INPUT && !is_below(u, bdf, dev) && is_keyboard(u->root, dev))
            return true;
    }
    return false;
}

int inuse_usb(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    const struct kdev *dev, *bus;
    size_t i = 0;

    while ((dev = inuse_next(u, bdf, KDEV_INPUT, &i))) {
        struct holder h = { .len = 0 };
        char name[128];
        size_t j = 0;

        if (!is_keyboard(u->root, dev) || other_keyboard(u, bdf))
            continue;
        while ((bus = inuse_next(u, bdf, KDEV_USB, &j)))
            if (!strncmp(dev->path, bus->path, strlen(bus->path)) &&
                dev->path[strlen(bus->path)] == '/')
                holder_push(&h, bus->name, NULL);
        if (root_readf(u->root, name, sizeof(name), "%s/name", dev->path) < 0)
            name[0] = '\0';
        holder_push(&h, dev->name, name);
        return holders_add(all, "only keyboard", &h, e);
    }
    return 0;
}
