/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes all devices out of one guest and writes them to its manifest. */
#ifndef XVTD_EJECT_H
#define XVTD_EJECT_H

#include "change/manifest.h"
#include "engine/plan.h"
#include "session/xvtd.h"

/*
 * Runs `eject` on one domain.  many: the caller begins and ends the report.  file: the manifest,
 * NULL for the default.  *began (or NULL): out, the time at which the checks were over and the
 * change began, in ms as stop_now_ms().  Errors: XV_INCOMPLETE if the guest keeps devices (the
 * others are out); as decide_eject().
 */
int eject_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
              unsigned timeout_ms, long long *began, struct err *e);

/*
 * Only looks: sets the manifest that `eject` would write now, devices already listed there
 * included, and the plan.  The caller calls manifest_clear() and plan_clear() in any case.
 * Errors: as decide_eject().
 */
int eject_describe(struct xvtd *x, const struct hv_domain *dom, struct manifest *ret,
                   struct plan *plan, struct err *e);

#endif
