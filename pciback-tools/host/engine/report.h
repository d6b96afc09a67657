/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of each function: a line for people, "results" for scripts. */
#ifndef XVTD_REPORT_H
#define XVTD_REPORT_H

#include "base/program.h"
#include "engine/plan.h"

/*
 * Opens and closes "results" in the document, or "plan" with --dry-run; between them comes one
 * plan or several.
 */
void report_begin(struct xvtd *x);
void report_end(struct xvtd *x);

/* Reports a plan, and writes changes to the host's log; guest: its name there, or "". */
void report(struct xvtd *x, const struct plan *plan, const char *guest);

/* As report(), for changes of another host, which writes its own log. */
void report_there(struct xvtd *x, const struct plan *plan);

/* The status for this word in a report, perhaps another host's; false for an unknown word. */
bool report_status(const char *word, enum step_status *ret);

#endif
