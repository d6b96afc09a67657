/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends the work of an interrupted program, from its journal. */
#ifndef XVTD_FINISH_H
#define XVTD_FINISH_H

#include "base/program.h"
#include "engine/apply.h"

/* Undoes all steps that were begun or done, the last one first. */
int finish_undo(const struct apply *a, struct plan *plan, struct err *e);

/* Makes the missing steps.  Half-done steps of kinds that start from scratch are undone first. */
int finish_all(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e);

/* One journal, and how to end it. */
struct finish {
    struct xvtd *x;
    struct journal *journal;    /* of `plan`; removed unless something is left */
    struct plan *plan;
    const struct journal_doc *doc;
    bool undo;                  /* undo the plan, else finish it; carry() may change it */
    int (*carry)(struct finish *f, struct err *e);  /* makes or undoes the plan */
    void *user;
};

/*
 * Ends the journal if each device is still the one in the journal.  Steps of devices that a later
 * command has moved become ALREADY.  --dry-run prints what would be done.  Errors: XV_INCOMPLETE;
 * XV_REFUSED for steps that this program does not know.
 */
int finish_journal(struct finish *f, struct err *e);

#endif
