/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an attach that failed really means.  libxl returns one code for all; its log
 * line, quoted in the message, has the errno of the hypercall (errnos of
 * XEN_DOMCTL_assign_device, xen/drivers/passthrough/pci.c).  Pure.
 */
#ifndef XVTD_CAUSE_H
#define XVTD_CAUSE_H

#include "base/err.h"

/* Appends the cause that the quoted line tells, and its remedy, to the error. */
void cause_explain(struct err *e);

#endif
