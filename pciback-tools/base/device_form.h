/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operand DEVICE by its form alone, before anybody has looked for the device. */
#ifndef XVTD_BASE_DEVICE_FORM_H
#define XVTD_BASE_DEVICE_FORM_H

#include <stdbool.h>

/* With the NUL; libxl takes no longer names (libxl_pci.c). */
#define DEVICE_NAME_MAX 64

enum device_form {
    DEVICE_BDF,         /* it has a colon, well-formed or not: no name has one */
    DEVICE_NAME,        /* somebody may have given this name to a device */
    DEVICE_OTHER,       /* neither: an interface, a block device, a mistake */
};

enum device_form device_form(const char *operand);

/* True for `[a-z][a-z0-9_-]*` that is no hexadecimal number, and short enough. */
bool device_name_valid(const char *name);

#endif
