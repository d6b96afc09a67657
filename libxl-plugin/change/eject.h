/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything out of one guest, remembered in its manifest. */
#ifndef XVTD_EJECT_H
#define XVTD_EJECT_H

#include "change/manifest.h"
#include "engine/plan.h"
#include "session/xvtd.h"

/*
 * What `eject` does with one domain.  many: the caller begins and ends the report.  file: the
 * manifest, NULL for the default.  *began (or NULL): when all was looked at and the change began,
 * in ms as stop_now_ms().  Errors: XV_INCOMPLETE for what the guest keeps, with the rest out; as
 * decide_eject().
 */
int eject_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
              unsigned timeout_ms, long long *began, struct err *e);

/*
 * What its manifest would say if it were ejected now, what is pending there included, and the
 * plan for that; only a look.  manifest_clear() and plan_clear() in any case.  Errors: as
 * decide_eject().
 */
int eject_describe(struct xvtd *x, const struct hv_domain *dom, struct manifest *ret,
                   struct plan *plan, struct err *e);

#endif
