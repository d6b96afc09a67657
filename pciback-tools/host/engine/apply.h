/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries a plan out, or undoes it. */
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

struct guest_side;  /* data for the steps in guests; unknown here */

struct apply {
    const struct root *root;
    const struct records *records;
    /*
     * Finds the guest that has the function now: another toolstack may be working.  The caller
     * frees *ret, NULL if no guest has it.
     */
    int (*owner)(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e);
    const struct guest_side *guest; /* NULL in a program without guests */
    struct journal *journal;        /* NULL: without a journal */
    const char *remedy;             /* the hint after a failed undo */
    /* Called before each step, for -v and progress; may be NULL. */
    void (*progress)(const struct step *step, void *user);
    void *user;
};

/* Lets each waiting step read what its undo needs, before the journal and before any change. */
int plan_prepare(const struct apply *a, struct plan *plan, struct err *e);

/*
 * Applies the plan's waiting steps in order; each step's status is its result.  Looks for a
 * signal before each step and during its waits: finishes or undoes the current step, then stops.
 *
 * APPLY_ALL fails with XV_FAILED when everything is back as before, XV_INCOMPLETE when an undo
 * failed too.  APPLY_EACH fails with XV_INCOMPLETE when a step is pending or failed.
 */
int plan_apply(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e);

/*
 * Undoes in reverse the steps that are done or were tried (FAILED).  of: NULL for all steps,
 * skipping those without an undo; else only steps of its function, from this one back to the
 * first without an undo.  After a failure goes on with other functions; *e has the failure.
 */
int plan_roll_back(const struct apply *a, struct plan *plan, const struct step *of,
                   struct err *e);

#endif
