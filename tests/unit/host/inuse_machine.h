/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the in-use guard share: devices in the made-up tree, and the answer. */
#ifndef XVTD_INUSE_MACHINE_H
#define XVTD_INUSE_MACHINE_H

#include "bdf.h"
#include "root.h"

/* A device's folder and the link to it in a class: "class/net", "bus/usb/devices". */
void add_kdev(const char *class, const char *name, const char *folder, ...)
    __attribute__((format(printf, 3, 4)));

/* Every holder as "what: chain; ..." in a static buffer; "error: ..." when nobody knows. */
const char *in_use(const struct root *root, struct bdf bdf);

#endif
