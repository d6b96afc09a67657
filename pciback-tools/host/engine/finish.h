/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends the work of a program that was interrupted, from its journal. */
#ifndef XVTD_FINISH_H
#define XVTD_FINISH_H

#include "base/program.h"
#include "engine/apply.h"

/*
 * Is each device still the one that the journal tells of?  Steps of those that a later command
 * has put where they are become ALREADY.  Errors: XV_INCOMPLETE.
 */
int finish_check(const struct root *root, const struct journal_doc *doc, struct plan *plan,
                 struct err *e);

/* --dry-run: the steps that would be made, or with back undone. */
void finish_print(struct xvtd *x, const struct plan *plan, bool back);

/* What was begun or done goes back, the last step first. */
int finish_undo(const struct apply *a, struct plan *plan, struct err *e);

/* What is not done is made; what is half done by a kind that begins anew goes back first. */
int finish_all(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e);

/* Something is left to be ended another time. */
bool finish_left(const struct plan *plan);

/* The refusal of a journal with a step that this program does not know: XV_REFUSED. */
int finish_refuse_unknown(const struct journal_doc *doc, struct err *e);

/*
 * All of that for a journal that tells of no guest: a->journal, whose plan this is; it goes unless
 * something is left.  undo: else it is finished.  Errors: XV_INCOMPLETE, XV_REFUSED.
 */
int finish_journal(struct xvtd *x, const struct apply *a, struct plan *plan,
                   const struct journal_doc *doc, bool undo, struct err *e);

#endif
