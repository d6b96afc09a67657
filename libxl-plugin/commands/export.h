/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function in the words of other tools: libvirt's, QEMU's own, xl's. */
#ifndef XVTD_EXPORT_H
#define XVTD_EXPORT_H

#include <stdbool.h>

#include "xen/guest_pci.h"

enum export_format {
    EXPORT_LIBVIRT,     /* a managed <hostdev>, as `virsh attach-device` takes it */
    EXPORT_QEMU,        /* `-device vfio-pci,...` */
    EXPORT_XL,          /* a SPEC, xl-pci-configuration(5) */
};

/* The value of --format=; false for another word. */
bool export_parse(const char *word, enum export_format *ret);

/*
 * The text, last newline included, to be freed.  pci->vslot (0: none) and vfunc are the
 * place in the guest; the options stand in xl's form alone.  Errors: XV_CANNOT for a segment
 * that the tool has no way to write.
 */
int export_text(enum export_format format, const struct guest_pci *pci, char **ret,
                struct err *e);

#endif
