/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests and toolstacks have left of functions that they have not got: after a crash, a
 * destroy in the middle of an attach or detach, or an attach that failed half-way.
 */
#ifndef XVTD_LEFTOVERS_H
#define XVTD_LEFTOVERS_H

#include "base/root.h"
#include "hv/hv.h"

enum leftover_kind {
    LEFTOVER_ENTRY,     /* xenstore's backend entry of a domain that is no more */
    LEFTOVER_SLOT,      /* a guest's QEMU has it open, and xenstore knows no owner */
    LEFTOVER_RECORD,    /* libxl's record tells of an owner that has not got it */
};

struct leftover {
    enum leftover_kind kind;
    struct bdf bdf;
    uint32_t domid;
    char domain[HV_NAME_MAX];   /* its name, or "domain 7, which is no more" */
    char uuid[HV_UUID_MAX];     /* "" for one that is no more */
};

/*
 * All of them, one for each function and domain; *ret is to be freed.  An attach that xl is
 * at looks the same for a moment: what is to be cleared is seen twice.  No device model is asked.
 */
int leftovers_find(struct hv *hv, const struct root *root, struct leftover **ret, size_t *n,
                   struct err *e);

/* The same leftover in a list, or NULL. */
const struct leftover *leftover_find(const struct leftover *list, size_t n,
                                     const struct leftover *wanted);

#endif
