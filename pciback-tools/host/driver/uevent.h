/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's events about PCI functions, the same messages that udev receives
 * (lib/kobject_uevent.c; drivers/base/dd.c for bind and unbind; drivers/pci/pci-driver.c,
 * pci_uevent(), for the keys, and pci_uevent_ers() for errors).
 */
#ifndef XVTD_UEVENT_H
#define XVTD_UEVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"
#include "base/err.h"
#include "driver/driver.h"

enum uevent_action {
    UEVENT_ADD, UEVENT_REMOVE, UEVENT_BIND, UEVENT_UNBIND,
    /* The kernel handles a PCI error of the function (AER, DPC), ... */
    UEVENT_ERROR,
    UEVENT_RECOVERED,   /* ... and the function works again, */
    UEVENT_FAILED,      /* ... or does not */
};

struct uevent {
    enum uevent_action action;
    struct bdf bdf;
    char driver[DRIVER_NAME_MAX];   /* valid with BIND */
};

/* Starts to receive events; *ret is a socket that the caller closes.  Errors: XV_CANNOT. */
int uevent_open(int *ret, struct err *e);

/*
 * Reads the next message about a function without waiting.  Returns 1 for a message, 0 for none.
 * Errors: -ENOBUFS when the kernel has dropped messages; XV_CANNOT.
 */
int uevent_read(int fd, struct uevent *ret, struct err *e);

/* Parses a message: "bind@/devices/...", then KEY=VALUE, each with a NUL.  False for others. */
bool uevent_parse(const char *text, size_t len, struct uevent *ret);

#endif
