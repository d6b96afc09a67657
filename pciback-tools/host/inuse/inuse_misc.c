/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watchdog, TPM, a serial console. */
#include "inuse/inuse_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * True for a watchdog below the function, or one whose driver does not link it to its device
 * (i6300esb): such a watchdog has its driver's name.
 */
static bool is_watchdog_of(const struct inuse *u, struct bdf bdf, const struct kdev *dev)
{
    char driver[64], identity[64];
    const struct kdev *below;
    size_t i = 0;

    while ((below = inuse_next(u, bdf, KDEV_WATCHDOG, &i)))
        if (below == dev)
            return true;
    if (strncmp(dev->path, "sys/devices/virtual/", 20))
        return false;
    root_link_name(u->root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver",
                   BDF_STR(bdf));
    return root_readf(u->root, identity, sizeof(identity), "%s/identity", dev->path) > 0 &&
           !strcmp(driver, identity);
}

/* Adds armed watchdogs: an armed watchdog without a program resets the machine. */
static int add_watchdogs(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    int r = 0;

    for (unsigned i = 0; !r; i++) {
        struct holder h = { .len = 0 };
        const struct kdev *dev;
        char name[32], state[16];

        snprintf(name, sizeof(name), "watchdog%u", i);
        dev = kdevs_named(u->kdevs, KDEV_WATCHDOG, name);
        if (!dev)
            break;
        if (!is_watchdog_of(u, bdf, dev))
            continue;
        /* Without CONFIG_WATCHDOG_SYSFS the state is unknown. */
        if (root_readf(u->root, state, sizeof(state), "%s/state", dev->path) > 0 &&
            !strcmp(state, "inactive"))
            continue;
        holder_push(&h, dev->name, NULL);
        r = holders_add(all, "watchdog", &h, e);
    }
    return r;
}

/* Adds TPMs: the kernel uses them for random numbers and measurements. */
static int add_tpms(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    const struct kdev *dev;
    size_t i = 0;
    int r = 0;

    while (!r && (dev = inuse_next(u, bdf, KDEV_TPM, &i))) {
        struct holder h = { .len = 0 };

        holder_push(&h, dev->name, NULL);
        r = holders_add(all, "tpm", &h, e);
    }
    return r;
}

/* Adds a kernel console on a serial port of the function. */
static int add_serial(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    char active[sizeof(u->consoles)], *save = NULL, needle[BDF_TEXT_MAX + 2];
    int r = 0;

    if (!u->consoles_read &&
        root_readf(u->root, u->consoles, sizeof(u->consoles), "sys/class/tty/console/active") < 0)
        u->consoles[0] = '\0';
    u->consoles_read = true;
    strcpy(active, u->consoles);
    snprintf(needle, sizeof(needle), "/%s/", BDF_STR(bdf));
    for (char *tty = strtok_r(active, " ", &save); !r && tty; tty = strtok_r(NULL, " ", &save)) {
        char link[PATH_MAX], path[PATH_MAX];
        struct holder h = { .len = 0 };

        snprintf(link, sizeof(link), "sys/class/tty/%s", tty);
        if (kdev_resolve(u->root, path, link) || !strstr(path, needle))
            continue;
        holder_push(&h, tty, NULL);
        r = holders_add(all, "console", &h, e);
    }
    return r;
}

int inuse_misc(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    int r = add_watchdogs(u, bdf, all, e);

    if (!r)
        r = add_tpms(u, bdf, all, e);
    return r ? r : add_serial(u, bdf, all, e);
}
