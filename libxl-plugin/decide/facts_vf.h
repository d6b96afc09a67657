/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of virtual functions, as part of the facts. */
#ifndef XVTD_FACTS_VF_H
#define XVTD_FACTS_VF_H

#include "decide/facts.h"

/*
 * Reads the settings of each function of f that is a virtual one, and their records, which the
 * entries of f->assigned then have too.  A driver that cannot be asked is a fact.  Errors:
 * XV_CANNOT.
 */
int facts_vf(struct facts *f, const struct root *root, const struct records *records,
             struct err *e);

#endif
