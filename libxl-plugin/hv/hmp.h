/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU's human monitor prints, read by program (monitor/hmp-cmds.c,
 * hmp_info_pci_device()).  libxl gives access to no other monitor command.
 */
#ifndef XVTD_HMP_H
#define XVTD_HMP_H

#include <stddef.h>

#include "base/err.h"
#include "hv/hv.h"

/*
 * The functions on the guest's first bus from the text of "info pci".  *ret is to
 * be freed.  Errors: XV_CANNOT, when the text has no function at all.
 */
int hmp_parse_pci(const char *text, struct hv_slot **ret, size_t *n, struct err *e);

/*
 * QEMU's ACPI events (GPE block of hw/acpi/piix4.c): the command that reads the block, and
 * whether its answer tells of an event that the guest wants and has not taken.  1 yes, 0 no.
 * Errors: XV_CANNOT.
 */
#define HMP_READ_GPE "i /w 0xafe0"
int hmp_parse_gpe(const char *text, struct err *e);

/*
 * QEMU's ids have no segment: what several segments can mean is settled by functions that the
 * guest is known to have.  A slot with segment_unknown gets the segment of the one that has its bus, slot and
 * function; with none, or several, it stays unknown.
 */
void hmp_settle_segments(struct hv_slot *slots, size_t n, const struct bdf *known,
                         size_t n_known);

/* QEMU's id of a host function, as libxl makes it (PCI_PT_QDEV_ID): no segment. */
void hmp_device_id(struct bdf bdf, char *buf, size_t size);

#endif
