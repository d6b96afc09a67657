/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes functions out of a guest completely.  libxl's return code is not enough: look at xenstore
 * and QEMU until both agree that the function is gone.
 *
 * A function is in one of four states, by xenstore's entry and QEMU's bus:
 *
 *   xenstore  QEMU
 *      -        -     gone
 *      x        x     attached; a request may be pending in QEMU
 *      x        -     the guest released it late: only libxl_device_pci_destroy() cleans up
 *      -        x     destroyed by force, or an attach failed half-way: only QEMU has it
 */
#ifndef XVTD_UNPLUG_H
#define XVTD_UNPLUG_H

#include <stdbool.h>

#include "hv/hv.h"

enum unplug_state {
    UNPLUG_GONE,
    UNPLUG_ATTACHED,    /* still in xenstore and in QEMU: not acknowledged */
    UNPLUG_STALE,       /* only xenstore's entry is left */
    UNPLUG_HELD,        /* only QEMU has it */
};

struct unplug {
    struct guest_pci pci;       /* bdf, and vslot/vfunc as in xenstore */
    enum unplug_state state;    /* out: how it ended */
    bool bus_known;             /* out: the device model answered */
    bool woken;                 /* out: the guest acted only when it was woken (interrupt.h) */
    bool took;                  /* out: the guest lost an interrupt with it */
    char message[200];          /* out: libxl's message when it refused, or "" */
};

/*
 * Removes the functions from a domain, all at once, and waits up to timeout_ms for the guest.
 * With force, destroys what the guest has not released by then.  Returns 0 if the states are
 * known, whatever they are, else a negative errno.  A signal ends the wait early.
 */
int unplug(struct hv *hv, const struct hv_domain *dom, struct unplug *fns, size_t n,
           unsigned timeout_ms, bool force, struct err *e);

/*
 * Looks at one function, and tidies up if the guest has released it late.  Sends the guest no
 * request.
 */
int unplug_tidy(struct hv *hv, const struct hv_domain *dom, struct unplug *fn, struct err *e);

#endif
