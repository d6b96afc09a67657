/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells of PCI functions as it happens: the messages that udev gets, too
 * (lib/kobject_uevent.c; drivers/base/dd.c for bind and unbind, drivers/pci/pci-driver.c,
 * pci_uevent(), for the keys).
 */
#ifndef XVTD_UEVENT_H
#define XVTD_UEVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"
#include "base/err.h"
#include "driver/driver.h"

enum uevent_action { UEVENT_ADD, UEVENT_REMOVE, UEVENT_BIND, UEVENT_UNBIND };

struct uevent {
    enum uevent_action action;
    struct bdf bdf;
    char driver[DRIVER_NAME_MAX];   /* with BIND */
};

/* Begins to listen; *ret is a socket that the caller closes.  Errors: XV_CANNOT. */
int uevent_open(int *ret, struct err *e);

/*
 * The next message about a function; never waits.  1 one, 0 none for now.  Errors: -ENOBUFS, so
 * many came that some are lost; XV_CANNOT.
 */
int uevent_read(int fd, struct uevent *ret, struct err *e);

/* One message: "bind@/devices/...", then KEY=VALUE, each with a NUL.  False for any other. */
bool uevent_parse(const char *text, size_t len, struct uevent *ret);

#endif
