/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operand DEVICE by its form alone; the host is not asked. */
#ifndef XVTD_BASE_DEVICE_FORM_H
#define XVTD_BASE_DEVICE_FORM_H

#include <stdbool.h>

/* With the NUL; libxl takes no longer names (libxl_pci.c). */
#define DEVICE_NAME_MAX 64

enum device_form {
    DEVICE_BDF,         /* it has a colon, which no name has; it may be malformed */
    DEVICE_NAME,        /* it can be the name of a device (xvtd name) */
    DEVICE_OTHER,       /* an interface, a block device, or a mistake */
};

enum device_form device_form(const char *operand);

/* True for `[a-z][a-z0-9_-]*` that is not a hexadecimal number and fits DEVICE_NAME_MAX. */
bool device_name_valid(const char *name);

#endif
