/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each kind of step does.  apply() returns with the step's status set to DONE or
 * PENDING, or fails.  undo() goes by what it finds, not by what apply() did, so that it
 * is right after a step that failed half-way too.
 */
#ifndef XVTD_STEPS_H
#define XVTD_STEPS_H

#include "change/apply.h"

struct step_ops {
    /* steps: n of the same kind in a row; n is 1 unless batch. */
    int (*apply)(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
    int (*undo)(const struct apply *a, struct step *step, struct err *e);   /* or NULL */
    bool batch;
};

extern const struct step_ops step_ops[];

/* What step_ops has of steps_guest.c. */
int step_attach_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int step_attach_undo(const struct apply *a, struct step *step, struct err *e);
int step_detach_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int step_detach_undo(const struct apply *a, struct step *step, struct err *e);
int step_clear_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);

/*
 * Plain xl may have been at work since the check.  Who has the function now?  *ret is to be
 * freed, NULL for nobody.
 */
int step_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e);

/* Fails with XV_FAILED when somebody has it by now. */
int step_still_free(const struct apply *a, struct bdf bdf, struct err *e);

/* Puts libxl's record of who has the function right, by who has it. */
int step_mend_owner(const struct apply *a, struct bdf bdf, struct err *e);

#endif
