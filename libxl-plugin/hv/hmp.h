/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parses the output of QEMU's human monitor (monitor/hmp-cmds.c, hmp_info_pci_device()).  libxl
 * offers no other monitor command.
 */
#ifndef XVTD_HMP_H
#define XVTD_HMP_H

#include <stddef.h>

#include "base/err.h"
#include "hv/hv.h"

/*
 * The functions on the guest's first bus from the text of "info pci"; the caller frees *ret.
 * Errors: XV_CANNOT if the text has no function.
 */
int hmp_parse_pci(const char *text, struct hv_slot **ret, size_t *n, struct err *e);

/*
 * QEMU's ACPI events (GPE block of hw/acpi/piix4.c): the command that reads the block, and
 * whether its answer has an event that the guest has enabled and not taken.  Returns 1 or 0.
 * Errors: XV_CANNOT.
 */
#define HMP_READ_GPE "i /w 0xafe0"
int hmp_parse_gpe(const char *text, struct err *e);

/*
 * QEMU's IDs have no segment.  A slot with segment_unknown gets the segment of the one known
 * function with its bus, slot and function; with none or several the segment stays unknown.
 */
void hmp_settle_segments(struct hv_slot *slots, size_t n, const struct bdf *known,
                         size_t n_known);

/* QEMU's ID of a host function, as libxl makes it (PCI_PT_QDEV_ID), without a segment. */
void hmp_device_id(struct bdf bdf, char *buf, size_t size);

#endif
