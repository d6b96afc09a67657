/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reserved memory (RMRR) declared on Xen's command line because firmware does not declare it:
 * rmrr=START[-END]=[S:]B:D.F[,...][;...].  Page frames; all numbers hexadecimal
 * (xen/drivers/passthrough/vtd/dmar.c: parse_rmrr_param()).
 */
#ifndef XVTD_RMRR_OPTION_H
#define XVTD_RMRR_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"

#define RMRR_OPTION_DEVICES 16

struct rmrr_option {
    uint64_t base, end;     /* first and last byte */
    struct bdf fns[RMRR_OPTION_DEVICES];
    size_t n_fns;
};

/*
 * Reads the next range from *at on and moves *at past it; 0 when there is none.  As in Xen, an
 * option ends at its first mistake.
 */
int rmrr_option_next(const char **at, struct rmrr_option *ret);

#endif
