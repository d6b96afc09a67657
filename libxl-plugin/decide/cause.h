/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real cause of a failed attach.  libxl returns one code for all causes.  Its log line,
 * quoted in the message, has the errno of the hypercall (errnos of XEN_DOMCTL_assign_device,
 * xen/drivers/passthrough/pci.c).  Pure.
 */
#ifndef XVTD_CAUSE_H
#define XVTD_CAUSE_H

#include "base/err.h"

/* Appends the cause that the quoted line shows, and its remedy, to the error. */
void cause_explain(struct err *e);

#endif
