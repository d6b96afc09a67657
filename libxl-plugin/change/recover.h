/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a journal that was left over to a machine on which nothing is half done. */
#ifndef XVTD_RECOVER_H
#define XVTD_RECOVER_H

#include "journal.h"
#include "work.h"

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

#endif
