/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Undoes a change that has succeeded, on demand. */
#ifndef XVTD_UNDO_H
#define XVTD_UNDO_H

#include "base/cleanup.h"
#include "engine/journal.h"
#include "session/xvtd.h"

/* The steps that were carried out, in order; {0} is empty. */
struct undo {
    struct journal_doc *docs;
    size_t n;
};

/* Copies a plan that was carried out, and its journal's data. */
int undo_keep(struct undo *undo, const struct journal_doc *doc, const struct plan *plan,
              struct err *e);

/*
 * Puts all of it back, the last first, as `recover` does: it takes the locks, writes a journal and
 * inspects the current state.  It forgets what it has put back.  It reports each function; the
 * caller begins and ends the report.
 * Errors: XV_INCOMPLETE.
 */
int undo_run(struct undo *undo, struct xvtd *x, struct err *e);

void undo_clear(struct undo *undo);

#endif
