/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that left the host while a guest had them: a card was pulled, its link failed, or its
 * driver removed a virtual function.  Linux then tells Xen (PHYSDEVOP_pci_device_remove), which
 * takes the function from the guest.  xenstore and QEMU keep it.  What is put into the slot later
 * gets the same address, and it is not the guest's.
 */
#ifndef XVTD_LOST_H
#define XVTD_LOST_H

#include "base/identity.h"
#include "base/root.h"
#include "hv/hv.h"

enum lost_kind {
    LOST_NOT,       /* the guest has it */
    LOST_GONE,      /* the host has no function at this address */
    LOST_BACK,      /* the host has it again, and Xen has not given it to a guest */
    LOST_OTHER,     /* the host has another device at this address */
    LOST_UNSURE,    /* the host has a device there, and the identity of the former one is unknown */
};

struct lost {
    enum lost_kind kind;
    char was[IDENTITY_TEXT_MAX];    /* the recorded identity, "" for none */
    char is[IDENTITY_TEXT_MAX];     /* of what is there now, "" for nothing */
};

#define LOST_TEXT_MAX 256

/* Looks at a function that xenstore lists for a living guest.  Errors: XV_CANNOT, XV_FAILED. */
int lost_look(struct hv *hv, const struct root *root, struct bdf bdf, struct lost *ret,
              struct err *e);

/* One sentence without the address.  guest: "'vm1'". */
void lost_text(const struct lost *lost, const char *guest, char buf[LOST_TEXT_MAX]);

/* Refuses a command about that function.  operand: names the guest in the hint. */
int refuse_lost(struct bdf bdf, const struct lost *lost, const char *guest, const char *operand,
                struct err *e);

#endif
