/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking functions out of a guest, to the end: what libxl's return code leaves open
 * is looked up in xenstore and in QEMU until both agree that the function is gone.
 *
 * A function is in one of four states, by xenstore's entry and QEMU's bus:
 *
 *   xenstore  QEMU
 *      -        -     gone
 *      x        x     attached; a request may be pending in QEMU
 *      x        -     the guest let go late: only libxl_device_pci_destroy() cleans up
 *      -        x     destroyed by force, or an attach that failed half-way: QEMU alone
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
    struct guest_pci pci;       /* bdf, and vslot/vfunc as xenstore tells */
    enum unplug_state state;    /* out: how it ended */
    bool bus_known;             /* out: the device model could be asked */
    bool woken;                 /* out: the guest took it only when it was woken (interrupt.h) */
    bool took;                  /* out: an interrupt of the guest went with it */
    char message[200];          /* out: what libxl said, when it refused; or "" */
};

/*
 * Removes the functions from a domain, all at once, waiting up to timeout_ms for the
 * guest.  With force, what it has not let go of by then is destroyed.  Returns 0 when
 * the states were told, whatever they are; a negative errno when nothing could be
 * found out.  A signal ends the wait early.
 */
int unplug(struct hv *hv, const struct hv_domain *dom, struct unplug *fns, size_t n,
           unsigned timeout_ms, bool force, struct err *e);

/*
 * Looks at one function, and ends what a guest that let go late has left to be tidied up.
 * Asks the guest for nothing.
 */
int unplug_tidy(struct hv *hv, const struct hv_domain *dom, struct unplug *fn, struct err *e);

#endif
