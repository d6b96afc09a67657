/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries an interrupted command's journal out, so that nothing stays half done. */
#ifndef XVTD_RECOVER_H
#define XVTD_RECOVER_H

#include "change/operation.h"
#include "engine/journal.h"

/*
 * Takes the locks of everything that a journal names, and lists the running domains.  op is new,
 * with only its x set.
 */
int recover_lock(struct operation *op, const struct journal_doc *doc, struct err *e);

/*
 * Finishes or undoes what the journal has, and removes the journal if nothing is left.  Not for
 * POLICY_BY_GUEST.  op has the locks and the list of domains, and takes the plan over.  *undone:
 * the change was undone, not finished.  --dry-run prints what would be done.  Errors:
 * XV_INCOMPLETE; XV_REFUSED for steps that this program does not know.
 */
int recover_run(bool *undone, struct operation *op, struct journal_doc *doc,
                struct journal *journal, struct err *e);

#endif
