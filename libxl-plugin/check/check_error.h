/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fatal PCI errors of guests' devices, as the kernel has counted them since it found the device. */
#ifndef XVTD_CHECK_ERROR_H
#define XVTD_CHECK_ERROR_H

#include "check/findings.h"
#include "decide/facts.h"

struct fatal_errors {
    struct fatal_error {
        struct bdf bdf;
        uint32_t domid;
        unsigned long count;    /* TOTAL_ERR_FATAL of aer_dev_fatal (drivers/pci/pcie/aer.c) */
    } *list;
    size_t n;
};

/*
 * Looks at the devices of f->dom, or of all guests if it is NULL.  The caller zeroes ret, and
 * frees its list in any case.  Errors: -ENOMEM.
 */
int fatal_errors_read(struct fatal_errors *ret, const struct root *root, const struct facts *f,
                      struct err *e);

/* One finding for each device.  Pure. */
void judge_fatal_errors(const struct facts *f, const struct fatal_errors *errors,
                        struct findings *out);

#endif
