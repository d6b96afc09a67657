/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends the work of a program that was interrupted, from its journal. */
#ifndef XVTD_FINISH_H
#define XVTD_FINISH_H

#include "base/program.h"
#include "engine/apply.h"

/* What was begun or done goes back, the last step first. */
int finish_undo(const struct apply *a, struct plan *plan, struct err *e);

/* What is not done is made; what is half done by a kind that begins anew goes back first. */
int finish_all(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e);

/* One journal and how it is ended. */
struct finish {
    struct xvtd *x;
    struct journal *journal;    /* of `plan`; goes unless something is left */
    struct plan *plan;
    const struct journal_doc *doc;
    bool undo;                  /* else it is made; what carry() did in the end, after it */
    int (*carry)(struct finish *f, struct err *e);  /* makes or undoes the plan */
    void *user;
};

/*
 * Ends the journal when each device is still the one that it tells of; steps of those that a
 * later command has put where they are become ALREADY.  With --dry-run prints what would be
 * done.  Errors: XV_INCOMPLETE; XV_REFUSED for steps that this program does not know.
 */
int finish_journal(struct finish *f, struct err *e);

#endif
