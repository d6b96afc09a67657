/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clears the leftovers of leftovers.h, for `recover`. */
#ifndef XVTD_SWEEP_H
#define XVTD_SWEEP_H

#include "session/xvtd.h"

/*
 * Clears all leftovers, or those of one domain (a name, UUID or domid; NULL for all), each under
 * its locks, and reports them in the open report.  A guest has timeout_ms to release its devices.
 * *cleared: how many.  Errors: XV_INCOMPLETE if one is left.
 */
int sweep(struct xvtd *x, const char *domain, unsigned timeout_ms, size_t *cleared,
          struct err *e);

#endif
