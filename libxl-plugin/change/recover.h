/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a journal that was left over to a machine on which nothing is half done. */
#ifndef XVTD_RECOVER_H
#define XVTD_RECOVER_H

#include "change/journal.h"
#include "change/work.h"

struct recovery {
    bool undone;    /* it was put back, not finished */
};

/*
 * Ends what the journal tells of, and the journal with it unless something is left.  w has
 * the locks of all functions and domains and a list of the domains; the plan becomes w's.
 * With --dry-run prints what would be done.  Errors: XV_INCOMPLETE.
 */
int recover_run(struct recovery *ret, struct work *w, struct journal_doc *doc,
                struct journal *journal, struct err *e);

/* What was begun or done goes back, the last step first. */
int recover_undo(const struct apply *a, struct plan *plan, struct err *e);

/*
 * The same for `switch`: finished once the guest that had the devices (from, NULL when it is
 * gone) has let go of all of them, else undone.  asked: recover_was_asked() when the journal
 * was read.  undoing: it had been at putting back.
 */
int recover_switch(const struct apply *a, struct plan *plan, bool asked, bool undoing,
                   const struct hv_domain *from, bool to_runs, bool *undone, struct err *e);

/* Had the plan begun to take devices out of a guest? */
bool recover_was_asked(const struct plan *plan);

/* A guest lets go of a slot as a whole: what shares it with a half-done attach is half done. */
void recover_whole_slots(struct plan *plan);

#endif
