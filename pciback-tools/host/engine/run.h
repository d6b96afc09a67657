/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs one plan, from its decision to the last line of its journal, for every program. */
#ifndef XVTD_RUN_H
#define XVTD_RUN_H

#include "base/program.h"
#include "engine/apply.h"

/*
 * Notes left-over journals, which block no command, and the command that ends them.  Returns
 * whether there are any.
 */
bool run_mention_left(struct xvtd *x, const char *recover);

/* --dry-run: prints the plan.  within: the caller begins and ends the report. */
int run_show(struct xvtd *x, const struct plan *plan, bool within, struct err *e);

/* A journal's data on a function that has this driver now. */
int run_remember(const struct root *root, const struct records *records, struct bdf bdf,
                 const char *driver, struct remembered *ret, struct err *e);

/*
 * Applies the plan, with the journal of `doc` (NULL: without) if there is anything to change.
 * left: from run_mention_left(); after a success older journals no longer count for these
 * functions.
 */
int run_plan(struct xvtd *x, struct apply *a, struct plan *plan, const struct journal_doc *doc,
             enum apply_mode mode, bool left, struct err *e);

#endif
