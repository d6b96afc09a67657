/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying a plan out, and back. */
#ifndef XVTD_APPLY_H
#define XVTD_APPLY_H

#include "base/root.h"
#include "change/journal.h"
#include "change/manifest.h"
#include "decide/plan.h"
#include "hv/hv.h"

enum apply_mode {
    APPLY_ALL,      /* all or nothing: the first failure undoes every step in reverse */
    APPLY_EACH,     /* each device by itself: a failure skips its own later steps only */
};

struct apply {
    const struct root *root;
    struct hv *hv;
    const struct hv_domain *domains;    /* where ATTACH and DETACH find theirs, by domid */
    size_t n_domains;
    struct journal *journal;        /* NULL: none is kept */
    const struct manifest *manifest;    /* for REMEMBER and FORGET */
    unsigned timeout_ms;            /* how long a guest may take to let go */
    bool force;                     /* DETACH: destroy what it does not let go of */
    /* Called before each step, for -v and progress; may be NULL. */
    void (*progress)(const struct step *step, void *user);
    void *user;
};

/*
 * Applies the plan's waiting steps in order; each step's status tells how it ended.
 * Before each step, and while one waits, a signal is looked for: the step in hand is
 * finished or undone, then it stops.
 *
 * APPLY_ALL fails with XV_FAILED when all is back as it was, XV_INCOMPLETE when an undo
 * failed too.  APPLY_EACH fails with XV_INCOMPLETE when something is pending or failed.
 */
int plan_apply(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e);

/* Undoes the plan's done steps in reverse.  0 when all is back as it was. */
int plan_undo(const struct apply *a, struct plan *plan, struct err *e);

#endif
