/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a journal that was left over to a machine on which nothing is half done. */
#ifndef XVTD_RECOVER_H
#define XVTD_RECOVER_H

#include "change/work.h"
#include "engine/journal.h"

/*
 * Takes the locks of all that a journal is about, and learns which domains run; w is new, with its
 * x set.
 */
int recover_lock(struct work *w, const struct journal_doc *doc, struct err *e);

/*
 * Ends what the journal tells of, and the journal with it unless something is left; not one
 * with POLICY_BY_GUEST.  w has the locks of all functions and domains and a list of the domains;
 * the plan becomes w's.  *undone: it was put back, not finished.  With --dry-run prints what
 * would be done.  Errors: XV_INCOMPLETE; XV_REFUSED for steps that this program does not know.
 */
int recover_run(bool *undone, struct work *w, struct journal_doc *doc, struct journal *journal,
                struct err *e);

#endif
