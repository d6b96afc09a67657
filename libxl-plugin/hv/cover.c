/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/cover.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>

/* An empty file: libxl reads no number there and maps no IRQ. */
#define EMPTY "/dev/null"

#define PATH_SIZE 64

static bool apart; /* detached from the host's namespace by the first cover */

static const char *irq_path(struct bdf bdf, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "/sys/bus/pci/devices/%s/irq", BDF_STR(bdf));
    return path;
}

int cover_irq(struct bdf bdf, struct err *e)
{
    char path[PATH_SIZE];

    if (!apart && unshare(CLONE_NEWNS))
        return err_sys(e, XV_CANNOT, errno, "make a mount namespace");
    apart = true;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
        return err_sys(e, XV_CANNOT, errno, "separate the mount namespace from the host's");
    if (mount(EMPTY, irq_path(bdf, path), NULL, MS_BIND, NULL))
        return err_sys(e, XV_CANNOT, errno, "cover %s", path);
    return 0;
}

void uncover_irq(struct bdf bdf)
{
    char path[PATH_SIZE];

    if (apart)
        umount2(irq_path(bdf, path), MNT_DETACH);
}
