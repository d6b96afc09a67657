/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leftovers of guests and toolstacks on functions that they do not have: after a crash, a destroy
 * during an attach or detach, or a failed attach.
 */
#ifndef XVTD_LEFTOVERS_H
#define XVTD_LEFTOVERS_H

#include "base/root.h"
#include "decide/lost.h"
#include "hv/hv.h"

enum leftover_kind {
    LEFTOVER_ENTRY,     /* xenstore's backend entry of a dead domain */
    LEFTOVER_SLOT,      /* a guest's QEMU has it open, but xenstore lists no owner */
    LEFTOVER_RECORD,    /* libxl's record names an owner that does not have it */
    LEFTOVER_LOST,      /* xenstore lists it in a guest, and it has left the host (lost.h) */
};

struct leftover {
    enum leftover_kind kind;
    struct bdf bdf;
    uint32_t domid;
    char domain[HV_NAME_MAX];   /* its name, or "domain 7, which no longer exists" */
    char uuid[HV_UUID_MAX];     /* "" for a dead domain */
    struct lost lost;           /* valid with LOST */
};

/*
 * All leftovers, one for each function and domain; the caller frees *ret.  An attach of xl looks
 * the same for a moment, so look twice before you clear one.  Asks no device model.
 */
int leftovers_find(struct hv *hv, const struct root *root, struct leftover **ret, size_t *n,
                   struct err *e);

/* The same leftover in a list, or NULL. */
const struct leftover *leftover_find(const struct leftover *list, size_t n,
                                     const struct leftover *wanted);

#endif
