/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a domain among those that run.  Pure. */
#ifndef XVTD_DOMAIN_H
#define XVTD_DOMAIN_H

#include "base/err.h"
#include "base/text.h"
#include "hv/hv.h"

/* What an operand DOMAIN says of a guest. */
enum domain_key { DOMAIN_ID, DOMAIN_UUID, DOMAIN_NAME };

struct domain_operand {
    enum domain_key key;
    bool bare;              /* without `id:`, `uuid:` or `name:` */
    uint32_t id;            /* valid with DOMAIN_ID; UINT32_MAX for a number that no domain has */
    const char *text;       /* the rest of the operand, which it points into */
};

/*
 * `id:N`, `uuid:U` and `name:TEXT` say it outright; else digits are a domid, the form of a UUID
 * is a UUID, and all else is a name.  Errors: XV_USAGE.
 */
int domain_parse(const char *operand, struct domain_operand *ret, struct err *e);

/* Is this the domain that the operand tells of, be it one that runs no longer? */
bool domain_matches(const struct domain_operand *op, uint32_t domid, const char *uuid,
                    const char *name);

/*
 * The running domain that the operand DOMAIN names.  The result points into domains.
 * Errors: XV_NOT_FOUND; XV_USAGE for one that could be two guests: bare digits or a bare UUID
 * that are another guest's name, and a UUID that two of them have.
 */
int domain_find(const struct hv_domain *domains, size_t n, const char *operand,
                const struct hv_domain **ret, struct err *e);

/* The domain with this number and this UUID, or NULL: what a resolved operand has become. */
const struct hv_domain *domain_same(const struct hv_domain *domains, size_t n,
                                    const struct hv_domain *was);

/*
 * How commands are to name a running domain: its name, where xvtd (or xl) reads that as this
 * domain's, else by number.  The macros quote it for a shell.
 */
struct domain_arg {
    char s[HV_NAME_MAX];
};
struct domain_arg domain_arg(const struct hv_domain *dom);
struct domain_arg domain_xl_arg(const struct hv_domain *dom);
#define DOMAIN_ARG(dom) SHELL_STR(domain_arg(dom).s)
#define DOMAIN_XL_ARG(dom) SHELL_STR(domain_xl_arg(dom).s)

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
