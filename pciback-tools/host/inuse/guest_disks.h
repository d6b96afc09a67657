/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that dom0 gives to running guests, read from the backend entries in xenstore:
 * /local/domain/0/backend/{vbd,vbd3,qdisk,tap}/<domid>/<devid>.  libxl_disk.c writes them; its
 * hotplug script `block` writes physical-device.
 */
#ifndef XVTD_GUEST_DISKS_H
#define XVTD_GUEST_DISKS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "xen/xs.h"

struct guest_disk {
    unsigned domid;
    char *vdev;     /* the guest's name for it: "xvda", "hda" */
    dev_t devno;    /* the block device behind it; 0: unknown */
    char *path;     /* path of the image or of a device in /dev; NULL: unknown */
};

/*
 * All disks of all domains, from one consistent snapshot of xenstore, without empty drives.
 * Free *ret with guest_disks_free().  Errors: XV_CANNOT.
 */
int guest_disks_list(struct xs *xs, struct guest_disk **ret, size_t *n, struct err *e);
void guest_disks_free(struct guest_disk *list, size_t n);

#endif
