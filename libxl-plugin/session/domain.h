/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds a domain among the running ones.  Pure. */
#ifndef XVTD_DOMAIN_H
#define XVTD_DOMAIN_H

#include "base/err.h"
#include "base/text.h"
#include "hv/hv.h"

/* An operand DOMAIN, read. */
enum domain_key { DOMAIN_ID, DOMAIN_UUID, DOMAIN_NAME };

struct domain_operand {
    enum domain_key key;
    bool bare;              /* without `id:`, `uuid:` or `name:` */
    uint32_t id;            /* valid with DOMAIN_ID; UINT32_MAX for an impossible number */
    const char *text;       /* the text without prefix; points into the operand */
};

/*
 * `id:N`, `uuid:U` and `name:TEXT` are explicit.  Without a prefix digits are a domid, the form
 * of a UUID is a UUID, and any other text is a name.  Errors: XV_USAGE.
 */
int domain_parse(const char *operand, struct domain_operand *ret, struct err *e);

/* Does the operand name this domain, running or not? */
bool domain_matches(const struct domain_operand *op, uint32_t domid, const char *uuid,
                    const char *name);

/*
 * The running domain that the operand DOMAIN names.  The result points into domains.  Errors:
 * XV_NOT_FOUND; XV_USAGE if it could be two guests: bare digits or a bare UUID that are another
 * guest's name, or a UUID that two guests have.
 */
int domain_find(const struct hv_domain *domains, size_t n, const char *operand,
                const struct hv_domain **ret, struct err *e);

/* The domain with this number and this UUID, or NULL: finds a resolved operand again. */
const struct hv_domain *domain_same(const struct hv_domain *domains, size_t n,
                                    const struct hv_domain *was);

/*
 * The operand for a running domain in commands of hints: its name if xvtd (or xl) reads that as
 * this domain, else its number.  The macros quote it for a shell.
 */
struct domain_arg {
    char s[HV_NAME_MAX];
};
struct domain_arg domain_arg(const struct hv_domain *dom);
struct domain_arg domain_xl_arg(const struct hv_domain *dom);
#define DOMAIN_ARG(dom) SHELL_STR(domain_arg(dom).s)
#define DOMAIN_XL_ARG(dom) SHELL_STR(domain_xl_arg(dom).s)

/* The domain with this number, or NULL. */
const struct hv_domain *domain_by_id(const struct hv_domain *domains, size_t n, uint32_t domid);

/* The owner of a device, for messages. */
struct domain_label {
    char s[HV_NAME_MAX + 24];       /* "'vm1'", or "domain 7 (not running)" */
    char operand[sizeof(struct shell_text)];    /* "vm1", or "7": for a command in a hint */
};
struct domain_label domain_label(const struct hv_domain *domains, size_t n, uint32_t domid);

/*
 * Can a device be hot-attached to this domain? 0, or XV_CANNOT with the reason: not HVM, or not
 * created by libxl.
 */
int domain_attachable(const struct hv_domain *dom, struct err *e);

#endif
