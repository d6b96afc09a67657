/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One plan from its decision to the last line of its journal, as every program does it. */
#ifndef XVTD_RUN_H
#define XVTD_RUN_H

#include "base/program.h"
#include "engine/apply.h"

/*
 * Mentions journals that are left over, and the command that ends them: they are in nobody's
 * way.  Returns whether there are any.
 */
bool run_mention_left(struct xvtd *x, const char *recover);

/* --dry-run: prints the plan.  within: the caller begins and ends the report. */
int run_show(struct xvtd *x, const struct plan *plan, bool within, struct err *e);

/* What a journal says of a function, which has this driver now. */
int run_remember(const struct root *root, const struct records *records, struct bdf bdf,
                 const char *driver, struct remembered *ret, struct err *e);

/*
 * Applies the plan.  With a journal that `doc` tells of (NULL: with none) when there is anything
 * to change.  left: of run_mention_left(); a success then settles what others have left of these
 * functions.
 */
int run_plan(struct xvtd *x, struct apply *a, struct plan *plan, const struct journal_doc *doc,
             enum apply_mode mode, bool left, struct err *e);

#endif
