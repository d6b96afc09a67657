/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `check --explain`: why a finding matters, and when it does not. */
#ifndef XVTD_EXPLAIN_H
#define XVTD_EXPLAIN_H

/* The text for a finding's name; NULL if the message is enough. */
const char *finding_explain(const char *name);

#endif
