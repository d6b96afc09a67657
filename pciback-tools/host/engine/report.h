/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of each function: a line for people, "results" for scripts. */
#ifndef XVTD_REPORT_H
#define XVTD_REPORT_H

#include "base/program.h"
#include "engine/plan.h"

/*
 * Opens and closes "results" in the document, or "plan" with --dry-run; in between one plan or
 * several.
 */
void report_begin(struct xvtd *x);
void report_end(struct xvtd *x);

/* What was changed goes to the host's log, too; guest: whom that is about, or "". */
void report(struct xvtd *x, const struct plan *plan, const char *guest);

/* As report(), of what another host has changed: it is that host's to write it into its log. */
void report_there(struct xvtd *x, const struct plan *plan);

/* The status that a report, perhaps another host's, writes as this word; false for another word. */
bool report_status(const char *word, enum step_status *ret);

#endif
