/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a virtual function's settings are made: at the network interface of its PF, by number. */
#ifndef XVTD_VF_PLACE_H
#define XVTD_VF_PLACE_H

#include <net/if.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"

struct vf_place {
    struct bdf pf;
    unsigned index;             /* the N of the PF's virtfnN */
    char ifname[IFNAMSIZ];      /* the PF's interface, of several the first by name */
};

/* The refusal of settings for another function: XV_REFUSED. */
int refuse_vf_settings(struct bdf bdf, struct err *e);

/* The PF's virtual function number i (from 0); false after the last. */
bool vf_of(const struct root *root, struct bdf pf, unsigned i, struct bdf *ret);

/* Is it a virtual function? *pf: of this physical one. */
bool vf_pf(const struct root *root, struct bdf vf, struct bdf *pf);

/*
 * Finds the place.  Errors: XV_REFUSED for a function that is not a virtual one, or whose PF has
 * no network interface here.
 */
int vf_place(const struct root *root, struct bdf vf, struct vf_place *ret, struct err *e);

#endif
