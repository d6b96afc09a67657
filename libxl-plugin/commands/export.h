/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function in the syntax of other tools: libvirt, QEMU, xl. */
#ifndef XVTD_EXPORT_H
#define XVTD_EXPORT_H

#include <stdbool.h>

#include "xen/guest_pci.h"

enum export_format {
    EXPORT_LIBVIRT,     /* a managed <hostdev>, as `virsh attach-device` takes it */
    EXPORT_QEMU,        /* `-device vfio-pci,...` */
    EXPORT_XL,          /* a SPEC, xl-pci-configuration(5) */
};

/* Reads the value of --format=; false for an unknown word. */
bool export_parse(const char *word, enum export_format *ret);

/*
 * The text with its last newline; the caller frees it.  pci->vslot (0: none) and vfunc are the
 * place in the guest.  Only xl's form has the options.  Errors: XV_CANNOT for a segment that the
 * tool cannot name.
 */
int export_text(enum export_format format, const struct guest_pci *pci, char **ret,
                struct err *e);

#endif
