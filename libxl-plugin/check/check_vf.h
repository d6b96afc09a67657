/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests with virtual functions of a card that dom0's own network runs over. */
#ifndef XVTD_CHECK_VF_H
#define XVTD_CHECK_VF_H

#include "check/findings.h"
#include "decide/facts.h"
#include "inuse/inuse.h"

/* A guest's virtual function, and what dom0's network has on the physical one. */
struct shared_card {
    struct bdf pf, vf;
    uint32_t domid;
    struct holder use;
};

struct shared_cards {
    struct shared_card *list;
    size_t n;
};

/*
 * Of f->assigned, of f->dom's where there is one.  ret is zeroed by the caller, its list is to be
 * freed in any case.  Errors: XV_CANNOT, -ENOMEM.
 */
int shared_cards_read(struct shared_cards *ret, const struct root *root, const struct facts *f,
                      struct err *e);

/* A finding for each.  Pure. */
void judge_shared_cards(const struct facts *f, const struct shared_cards *cards,
                        struct findings *out);

#endif
