/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse/guest_disks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

#define BACKEND "/local/domain/0/backend"

/* XCP-ng uses vbd3, blktap2 used tap. */
static const char *const kinds[] = { "vbd", "vbd3", "qdisk", "tap" };

/*
 * The path in "/dev/vg/lv", "/srv/vm1.img", "aio:/srv/vm1.qcow2" or "vhd:aio:/srv/vm1.vhd"; NULL
 * when there is none ("nbd:host:10809").
 */
static char *path_of(const char *params)
{
    const char *slash = strchr(params, '/');

    if (!slash || (slash != params && slash[-1] != ':') || slash[1] == '/')
        return NULL;
    return strdup(slash);
}

static int read_disk(struct xs *xs, const char *kind, const char *domid, const char *devid,
                     struct guest_disk *ret, struct err *e)
{
    AUTO_FREE char *params = NULL, *device = NULL, *vdev = NULL;
    struct guest_disk disk = { .domid = (unsigned)strtoul(domid, NULL, 10) };
    unsigned high, low;
    int r;

    r = xs_getf(xs, &params, e, BACKEND "/%s/%s/%s/params", kind, domid, devid);
    if (!r)
        r = xs_getf(xs, &device, e, BACKEND "/%s/%s/%s/physical-device", kind, domid, devid);
    if (!r)
        r = xs_getf(xs, &vdev, e, BACKEND "/%s/%s/%s/dev", kind, domid, devid);
    if (r)
        return r;
    if (device && sscanf(device, "%x:%x", &high, &low) == 2)
        disk.devno = makedev(high, low);
    disk.vdev = strdup(vdev ? vdev : devid);
    if (!disk.vdev)
        return err_nomem(e);
    disk.path = params ? path_of(params) : NULL;
    *ret = disk;
    return 0;
}

static int list_domain(struct xs *xs, const char *kind, const char *domid,
                       struct guest_disk **list, size_t *n, struct err *e)
{
    AUTO_FREE char **devids = NULL;
    size_t n_devids = 0;
    int r = xs_listf(xs, &devids, &n_devids, e, BACKEND "/%s/%s", kind, domid);

    for (size_t i = 0; !r && i < n_devids; i++) {
        struct guest_disk disk;

        r = read_disk(xs, kind, domid, devids[i], &disk, e);
        if (r)
            break;
        if (!disk.devno && !disk.path) { /* an empty drive, or a network disk */
            free(disk.vdev);
            continue;
        }
        if (ARRAY_GROW(*list, *n)) {
            free(disk.vdev);
            free(disk.path);
            return err_nomem(e);
        }
        (*list)[(*n)++] = disk;
    }
    return r;
}

int guest_disks_list(struct xs *xs, struct guest_disk **ret, size_t *n, struct err *e)
{
    struct guest_disk *list = NULL;
    size_t found = 0;
    int r = xs_snapshot(xs, e);

    if (r)
        return r;
    for (size_t k = 0; !r && k < ARRAY_LEN(kinds); k++) {
        AUTO_FREE char **domids = NULL;
        size_t n_domids = 0;

        r = xs_listf(xs, &domids, &n_domids, e, BACKEND "/%s", kinds[k]);
        for (size_t d = 0; !r && d < n_domids; d++)
            r = list_domain(xs, kinds[k], domids[d], &list, &found, e);
    }
    xs_snapshot_end(xs);
    if (r) {
        guest_disks_free(list, found);
        return r;
    }
    *ret = list;
    *n = found;
    return 0;
}

void guest_disks_free(struct guest_disk *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(list[i].vdev);
        free(list[i].path);
    }
    free(list);
}
