/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests of libvirt (xen:///), by its files.  src/libxl keeps a running guest in
 * /run/libvirt/libxl/NAME.xml and, unless it is transient, its next start in
 * /etc/libvirt/libxl/NAME.xml.  libvirt knows only devices that it has attached itself: when a
 * guest ends, it resets each device on its own list, and returns managed ones to their drivers
 * (virHostdevReAttachPCIDevices()), without asking Xen whose they are.
 */
#ifndef XVTD_LIBVIRT_H
#define XVTD_LIBVIRT_H

#include "base/root.h"
#include "libvirt/libvirt_xml.h"

#define LIBVIRT_NAME_MAX 128

struct libvirt_guest {
    char name[LIBVIRT_NAME_MAX];
    bool kept;                  /* it has a next start */
    struct libvirt_xml now;     /* what libvirt thinks it has */
    struct libvirt_xml next;    /* valid with kept */
};

struct libvirt {
    struct libvirt_guest *guests;   /* the running ones */
    size_t n;
};

/*
 * One look at a folder where libvirt has no guest.  The caller calls libvirt_clear() in any case.
 * Errors: XV_CANNOT about a file that cannot be read.
 */
int libvirt_read(const struct root *root, struct libvirt *ret, struct err *e);
void libvirt_clear(struct libvirt *libvirt);

/* NULL for a guest that is not libvirt's. */
const struct libvirt_guest *libvirt_guest(const struct libvirt *libvirt, const char *uuid);

/* The guest on whose list the device is, or NULL. */
const struct libvirt_guest *libvirt_lists(const struct libvirt *libvirt, struct bdf bdf);

#endif
