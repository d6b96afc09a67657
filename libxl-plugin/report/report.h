/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `xvtd report` collects.  A part that cannot be had, or takes too long, becomes a line of
 * the index with the reason, and the rest goes on.
 */
#ifndef XVTD_REPORT_PARTS_H
#define XVTD_REPORT_PARTS_H

#include "base/root.h"
#include "hv/hv.h"
#include "report/bundle.h"

/*
 * Tells b->redact the names of this host: its own, those of guests (hv: NULL where none can be
 * asked), of devices and of disks; serial numbers as well.  Errors: -ENOMEM.
 */
int report_names(struct bundle *b, const struct root *root, struct hv *hv, struct err *e);

/* What programs say: this one, xl, xenstore-ls, dmesg.  Errors: -ENOMEM, XV_CANNOT of the folder. */
int report_commands(struct bundle *b, struct err *e);

/* Files: QEMU's logs (the end of each), xvtd's own. */
int report_files(struct bundle *b, const struct root *root, struct err *e);

/*
 * The host as `xvtd --root` reads it, in the folder `host`: PCI functions with their configuration
 * space (without serial numbers), ACPI tables of the IOMMU, dom0's command line.
 */
int report_capture(struct bundle *b, const struct root *root, struct err *e);

/* index.txt, of all that is there by now. */
int report_index(struct bundle *b, struct err *e);

#endif
