/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each kind of step does.  apply() returns with the step's status set to DONE or
 * PENDING, or fails.  undo() goes by what it finds, not by what apply() did, so that it
 * is right after a step that failed half-way too.
 */
#ifndef XVTD_STEPS_H
#define XVTD_STEPS_H

#include "apply.h"

struct step_ops {
    /* steps: n of the same kind in a row; n is 1 unless batch. */
    int (*apply)(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
    int (*undo)(const struct apply *a, struct step *step, struct err *e);   /* or NULL */
    bool batch;
};

extern const struct step_ops step_ops[];

/* Puts libxl's record of who has the function right, by who has it. */
int step_mend_owner(const struct apply *a, struct bdf bdf, struct err *e);

#endif
