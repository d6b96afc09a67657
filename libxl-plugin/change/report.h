/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of each function: a line for people, "results" for scripts. */
#ifndef XVTD_REPORT_H
#define XVTD_REPORT_H

#include "decide/plan.h"
#include "session/xvtd.h"

/*
 * Opens and closes "results" in the document, or "plan" with --dry-run; in between one plan or
 * several.
 */
void report_begin(struct xvtd *x);
void report_end(struct xvtd *x);

/* domain: its name, "" for plans without one. */
void report(struct xvtd *x, const struct plan *plan, const char *domain);

#endif
