/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a domain among those that run.  Pure. */
#ifndef XVTD_DOMAIN_H
#define XVTD_DOMAIN_H

#include "base/err.h"
#include "base/text.h"
#include "hv/hv.h"

/*
 * The domain that the operand DOMAIN names: a name, a UUID or a domid, in this order
 * of preference.  The result points into domains.  Errors: XV_NOT_FOUND.
 */
int domain_find(const struct hv_domain *domains, size_t n, const char *operand,
                const struct hv_domain **ret, struct err *e);

/* By number, or NULL. */
const struct hv_domain *domain_by_id(const struct hv_domain *domains, size_t n, uint32_t domid);

/* How messages name the owner of a device. */
struct domain_label {
    char s[HV_NAME_MAX + 24];       /* "'vm1'", or "domain 7 (not running)" */
    char operand[sizeof(struct shell_text)];    /* "vm1", or "7": for a command in a hint */
};
struct domain_label domain_label(const struct hv_domain *domains, size_t n, uint32_t domid);

/*
 * Can a device be hot-attached to it at all?  0, or XV_CANNOT with the reason: not HVM,
 * or not created by libxl.
 */
int domain_attachable(const struct hv_domain *dom, struct err *e);

#endif
