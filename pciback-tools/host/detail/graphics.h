/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What matters of a graphics card when a guest is to have it. */
#ifndef XVTD_GRAPHICS_H
#define XVTD_GRAPHICS_H

#include <stdbool.h>
#include <stdint.h>

#include "pci/inventory.h"
#include "pci/resource.h"

struct graphics {
    bool is;                                /* a display controller, base class 03 */
    uint16_t vendor, device;
    bool boot_vga;                          /* the firmware's display */
    bool rom;                               /* it has an expansion ROM */
    struct resource resources[RESOURCES];
};

/* Nothing but `is` is valid for other functions. */
void graphics_read(const struct root *root, const struct pci_function *f, struct graphics *ret);

/*
 * The family of a model that is known not to come back from a reset ("AMD Polaris 10"), or NULL.
 * Source: the device list of github.com/gnif/vendor-reset, whose modules reset these by hand.
 */
const char *graphics_reset_fails(uint16_t vendor, uint16_t device);

#endif
