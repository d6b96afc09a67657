/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reserved memory (RMRR) that Xen's command line declares, where the firmware left it out:
 * rmrr=START[-END]=[S:]B:D.F[,...][;...], page frames and all numbers hexadecimal
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
 * The next range of a command line, from *at on, which moves past it; 0 when there is none.  As in
 * Xen, an option ends where it makes no sense.
 */
int rmrr_option_next(const char **at, struct rmrr_option *ret);

#endif
