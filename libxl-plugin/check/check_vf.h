/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests' virtual functions: of a card that dom0's own network uses; without the settings that xvtd
 * has made.
 */
#ifndef XVTD_CHECK_VF_H
#define XVTD_CHECK_VF_H

#include "check/findings.h"
#include "decide/facts.h"
#include "inuse/inuse.h"
#include "vf/vf_settings.h"

/* A guest's virtual function, and dom0's use of its physical function. */
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
 * Looks at the devices of f->dom, or of all guests if it is NULL.  The caller zeroes ret, and
 * frees its list in any case.  Errors: XV_CANNOT, -ENOMEM.
 */
int shared_cards_read(struct shared_cards *ret, const struct root *root, const struct facts *f,
                      struct err *e);

/* A finding for each.  Pure. */
void judge_shared_cards(const struct facts *f, const struct shared_cards *cards,
                        struct findings *out);

/* A guest's virtual function whose settings are not those of its record. */
struct lost_settings {
    struct bdf vf;
    uint32_t domid;
    struct vf_settings want, is;    /* only the settings that differ */
};

struct all_lost_settings {
    struct lost_settings *list;
    size_t n;
};

/* Likewise.  A function whose driver cannot be asked counts as one without settings. */
int lost_settings_read(struct all_lost_settings *ret, const struct root *root,
                       const struct records *records, const struct facts *f, struct err *e);

/* A finding for each.  Pure. */
void judge_lost_settings(const struct facts *f, const struct all_lost_settings *lost,
                         struct findings *out);

#endif
