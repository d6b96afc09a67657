/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a manifest tells of, back into its guest. */
#ifndef XVTD_RESTORE_H
#define XVTD_RESTORE_H

#include "change/place.h"
#include "session/xvtd.h"

/*
 * What `restore` does with one domain.  many: the caller begins and ends the report.  file: the
 * manifest, NULL for the default.  Errors: XV_NOT_FOUND without a manifest, XV_REFUSED for one
 * that is not to be believed, XV_INCOMPLETE for what is left in it.
 */
int restore_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
                const struct maps *maps, struct err *e);

/*
 * What restore would say on this host of a guest that is still to come: m's devices get their
 * places here, requests (one each, zero) their refusals.  Errors: XV_CANNOT for a host that gives
 * no guest a device.
 */
int restore_expect(struct xvtd *x, struct manifest *m, const struct maps *maps,
                   struct restore_request *requests, struct err *e);

#endif
