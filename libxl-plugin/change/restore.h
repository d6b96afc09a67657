/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts a manifest's devices back into its guest. */
#ifndef XVTD_RESTORE_H
#define XVTD_RESTORE_H

#include "change/place.h"
#include "session/xvtd.h"

/*
 * Runs `restore` on one domain.  many: the caller begins and ends the report.  file: the
 * manifest, NULL for the default.  Errors: XV_NOT_FOUND without a manifest, XV_REFUSED for a
 * manifest that xvtd does not trust, XV_INCOMPLETE if devices stay in it.
 */
int restore_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
                const struct maps *maps, struct err *e);

/*
 * Plans `restore` on this host for a guest that has not arrived.  Sets the addresses of m's
 * devices here, and in requests (one each, zeroed) their refusals.  Errors: XV_CANNOT if this
 * host cannot give a guest any device.
 */
int restore_expect(struct xvtd *x, struct manifest *m, const struct maps *maps,
                   struct restore_request *requests, struct err *e);

#endif
