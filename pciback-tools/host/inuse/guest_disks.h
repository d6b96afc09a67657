/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that dom0 gives to running guests, as the backend entries in xenstore tell:
 * /local/domain/0/backend/{vbd,vbd3,qdisk,tap}/<domid>/<devid>, written by libxl_disk.c
 * and, for physical-device, by its hotplug script `block`.
 */
#ifndef XVTD_GUEST_DISKS_H
#define XVTD_GUEST_DISKS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "xen/xs.h"

struct guest_disk {
    unsigned domid;
    char *vdev;     /* as the guest sees it: "xvda", "hda" */
    dev_t devno;    /* the block device behind it; 0: not known */
    char *path;     /* of the image or of a device in /dev; NULL: not known */
};

/*
 * Every disk of every domain, in one consistent look at xenstore, without empty drives.
 * *ret: guest_disks_free().  Errors: XV_CANNOT.
 */
int guest_disks_list(struct xs *xs, struct guest_disk **ret, size_t *n, struct err *e);
void guest_disks_free(struct guest_disk *list, size_t n);

#endif
