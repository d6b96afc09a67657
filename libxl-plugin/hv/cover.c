/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/cover.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>

/* An empty file: libxl reads no number there and maps no IRQ; what it writes has no effect. */
#define EMPTY "/dev/null"

/* pciback's own reset, in the kernels of XCP-ng and Qubes OS; libxl tries it first. */
#define DO_FLR "/sys/bus/pci/drivers/pciback/do_flr"

#define PATH_SIZE 64

static bool apart; /* detached from the host's namespace by the first cover */

static const char *file_path(struct bdf bdf, const char *file, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "/sys/bus/pci/devices/%s/%s", BDF_STR(bdf), file);
    return path;
}

static int go_apart(struct err *e)
{
    if (!apart && unshare(CLONE_NEWNS))
        return err_sys(e, XV_CANNOT, errno, "make a mount namespace");
    apart = true;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
        return err_sys(e, XV_CANNOT, errno, "separate the mount namespace from the host's");
    return 0;
}

static int cover(const char *path, struct err *e)
{
    if (mount(EMPTY, path, NULL, MS_BIND, NULL))
        return err_sys(e, XV_CANNOT, errno, "cover %s", path);
    return 0;
}

int cover_irq(struct bdf bdf, struct err *e)
{
    char path[PATH_SIZE];
    int r = go_apart(e);

    return r ? r : cover(file_path(bdf, "irq", path), e);
}

void uncover_irq(struct bdf bdf)
{
    char path[PATH_SIZE];

    if (apart)
        umount2(file_path(bdf, "irq", path), MNT_DETACH);
}

int cover_reset(struct bdf bdf, struct err *e)
{
    char path[PATH_SIZE];
    int r = go_apart(e);

    if (!r)
        r = cover(file_path(bdf, "reset", path), e);
    if (!r || r == -ENOENT)
        r = cover(DO_FLR, e);
    return r == -ENOENT ? 0 : r;
}

void uncover_reset(struct bdf bdf)
{
    char path[PATH_SIZE];

    if (!apart)
        return;
    umount2(file_path(bdf, "reset", path), MNT_DETACH);
    umount2(DO_FLR, MNT_DETACH);
}
