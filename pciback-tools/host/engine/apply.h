/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying a plan out, and back. */
#ifndef XVTD_APPLY_H
#define XVTD_APPLY_H

#include "base/root.h"
#include "engine/journal.h"
#include "engine/plan.h"
#include "xen/guest_pci.h"
#include "xen/record.h"

enum apply_mode {
    APPLY_ALL,      /* all or nothing: the first failure undoes every step in reverse */
    APPLY_EACH,     /* each device by itself: a failure skips its own later steps only */
};

struct guest_side;  /* what the steps in guests need besides; unknown here */

struct apply {
    const struct root *root;
    const struct records *records;
    /*
     * Which guest has the function now: another toolstack may be at work.  *ret is to be freed,
     * NULL for none.
     */
    int (*owner)(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e);
    const struct guest_side *guest; /* NULL in a program without guests */
    struct journal *journal;        /* NULL: none is kept */
    const char *remedy;             /* the hint when something could not be put back */
    /* Called before each step, for -v and progress; may be NULL. */
    void (*progress)(const struct step *step, void *user);
    void *user;
};

/*
 * Lets each waiting step see what its undo has to know.  Before the journal is begun, and
 * before anything is changed.
 */
int plan_prepare(const struct apply *a, struct plan *plan, struct err *e);

/*
 * Applies the plan's waiting steps in order; each step's status tells how it ended.
 * Before each step, and while one waits, a signal is looked for: the step in hand is
 * finished or undone, then it stops.
 *
 * APPLY_ALL fails with XV_FAILED when all is back as it was, XV_INCOMPLETE when an undo
 * failed too.  APPLY_EACH fails with XV_INCOMPLETE when something is pending or failed.
 */
int plan_apply(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e);

/*
 * Undoes in reverse the steps that are done or were tried (FAILED).  of: NULL for all of them,
 * and what cannot be undone is left out; else those of the same function from this one back,
 * as far as there are undos.  Goes on with other functions after a failure, which is *e then.
 */
int plan_roll_back(const struct apply *a, struct plan *plan, const struct step *of,
                   struct err *e);

#endif
