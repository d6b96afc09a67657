/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"
#include "session/domain.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digits(const char *text)
{
    return *text && !text[strspn(text, "0123456789")];
}

/* 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    for (size_t i = 0; i < sizeof(form); i++)
        if (form[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    return true;
}

static uint32_t read_id(const char *digits)
{
    unsigned long long id = strtoull(digits, NULL, 10);

    return id < UINT32_MAX ? (uint32_t)id : UINT32_MAX;
}

/* Reads `id:2`; *ret becomes the text behind the prefix. */
static bool says(const char *operand, const char *key, const char **ret)
{
    size_t len = strlen(key);

    if (strncmp(operand, key, len))
        return false;
    *ret = operand + len;
    return true;
}

int domain_parse(const char *operand, struct domain_operand *ret, struct err *e)
{
    struct domain_operand op = { .text = operand, .bare = true };
    int r = 0;

    if (says(operand, "id:", &op.text)) {
        op.key = DOMAIN_ID;
        op.bare = false;
        if (!is_digits(op.text))
            r = err_set(e, XV_USAGE, EINVAL, "'%s': expected a number after id:", operand);
    } else if (says(operand, "uuid:", &op.text)) {
        op.key = DOMAIN_UUID;
        op.bare = false;
        if (!is_uuid(op.text))
            r = err_set(e, XV_USAGE, EINVAL, "'%s': expected a UUID after uuid:", operand);
    } else if (says(operand, "name:", &op.text)) {
        op.key = DOMAIN_NAME;
        op.bare = false;
    } else {
        op.key = is_digits(operand) ? DOMAIN_ID : is_uuid(operand) ? DOMAIN_UUID : DOMAIN_NAME;
    }
    if (!r && !*op.text)
        r = err_set(e, XV_USAGE, EINVAL, "'%s': expected a DOMAIN: a name, a UUID or a number",
                    operand);
    if (r)
        return r;
    op.id = op.key == DOMAIN_ID ? read_id(op.text) : 0;
    *ret = op;
    return 0;
}

bool domain_matches(const struct domain_operand *op, uint32_t domid, const char *uuid,
                    const char *name)
{
    switch (op->key) {
    case DOMAIN_ID:
        return op->id == domid;
    case DOMAIN_UUID:
        return *uuid && !strcasecmp(op->text, uuid);
    default:
        return !strcmp(op->text, name);
    }
}

/* Refuses an operand that could mean two guests. */
static int refuse_two(const char *operand, const struct hv_domain *a, const struct hv_domain *b,
                      bool by_name, struct err *e)
{
    int r = err_on(e, XV_USAGE, ENOTUNIQ, operand,
                   "this can be two guests: '%s' (domain %u) and '%s' (domain %u)", a->name,
                   a->domid, b->name, b->domid);

    if (by_name)
        err_hint(e, "say id:%u, or name:%s", a->domid, operand);
    else
        err_hint(e, "say id:%u or id:%u", a->domid, b->domid);
    err_kind(e, "ambiguous");
    return r;
}

static int refuse_none(const char *operand, const struct domain_operand *op,
                       const struct hv_domain *so_named, struct err *e)
{
    int r;

    if ((op->key == DOMAIN_ID && !op->id) ||
        (op->key == DOMAIN_NAME && !strcmp(op->text, "Domain-0")))
        return err_on(e, XV_NOT_FOUND, ENOENT, operand,
                      "this is dom0: devices are attached to guests");
    if (so_named) {
        r = err_on(e, XV_NOT_FOUND, ENOENT, operand, "no running domain has this %s",
                   op->key == DOMAIN_ID ? "number" : "UUID");
        err_hint(e, "for the guest with this name write name:%s", operand);
        return r;
    }
    r = err_on(e, XV_NOT_FOUND, ENOENT, operand, "no running domain has this name, UUID or ID");
    err_hint(e, "`xl list` shows the running domains");
    return r;
}

int domain_find(const struct hv_domain *domains, size_t n, const char *operand,
                const struct hv_domain **ret, struct err *e)
{
    const struct hv_domain *found = NULL, *so_named = NULL;
    struct domain_operand op;
    int r = domain_parse(operand, &op, e);

    for (size_t i = 0; !r && i < n; i++) {
        const struct hv_domain *dom = &domains[i];

        if (domain_matches(&op, dom->domid, dom->uuid, dom->name)) {
            if (found)
                r = refuse_two(operand, found, dom, false, e);
            found = dom;
        } else if (op.bare && !strcmp(dom->name, operand)) {
            so_named = dom;
        }
    }
    if (r)
        return r;
    if (!found)
        return refuse_none(operand, &op, so_named, e);
    if (so_named)
        return refuse_two(operand, found, so_named, true, e);
    *ret = found;
    return 0;
}

const struct hv_domain *domain_same(const struct hv_domain *domains, size_t n,
                                    const struct hv_domain *was)
{
    for (size_t i = 0; i < n; i++)
        if (domains[i].domid == was->domid && !strcmp(domains[i].uuid, was->uuid))
            return &domains[i];
    return NULL;
}

/* As an operand this is a name, not an option, number, UUID or prefix. */
static bool is_plain_name(const char *name)
{
    struct domain_operand op;
    struct err ignored;

    return *name != '-' && !domain_parse(name, &op, &ignored) && op.bare &&
           op.key == DOMAIN_NAME;
}

struct domain_arg domain_arg(const struct hv_domain *dom)
{
    struct domain_arg arg;

    if (is_plain_name(dom->name))
        snprintf(arg.s, sizeof(arg.s), "%s", dom->name);
    else
        snprintf(arg.s, sizeof(arg.s), "id:%u", dom->domid);
    return arg;
}

struct domain_arg domain_xl_arg(const struct hv_domain *dom)
{
    struct domain_arg arg;

    if (is_plain_name(dom->name))
        return domain_arg(dom);
    snprintf(arg.s, sizeof(arg.s), "%u", dom->domid); /* xl reads digits as a number */
    return arg;
}

const struct hv_domain *domain_by_id(const struct hv_domain *domains, size_t n, uint32_t domid)
{
    for (size_t i = 0; i < n; i++)
        if (domains[i].domid == domid)
            return &domains[i];
    return NULL;
}

struct domain_label domain_label(const struct hv_domain *domains, size_t n, uint32_t domid)
{
    const struct hv_domain *dom = domain_by_id(domains, n, domid);
    struct domain_label label;

    if (dom) {
        snprintf(label.s, sizeof(label.s), "'%s'", dom->name);
        snprintf(label.operand, sizeof(label.operand), "%s", DOMAIN_ARG(dom));
    } else {
        snprintf(label.s, sizeof(label.s), "domain %u (not running)", domid);
        snprintf(label.operand, sizeof(label.operand), "%u", domid);
    }
    return label;
}

int domain_attachable(const struct hv_domain *dom, struct err *e)
{
    int r;

    if (dom->is_stub)
        return err_on(e, XV_CANNOT, EOPNOTSUPP, dom->name,
                      "this is the device model of domain %u, not a guest", dom->stub_target);
    if (dom->type == HV_PVH) {
        r = err_on(e, XV_CANNOT, EOPNOTSUPP, dom->name,
                   "this is a PVH guest, and Xen has no PCI passthrough for those on x86");
        err_hint(e, "create the guest with type = \"hvm\"");
        return r;
    }
    if (dom->type == HV_PV) {
        r = err_on(e, XV_CANNOT, EOPNOTSUPP, dom->name, "this is a PV guest: it has no virtual "
                   "slots and no IOMMU of its own to attach to");
        err_hint(e, "name the device in pci = [ ... ] of its cfg, or use an HVM guest");
        return r;
    }
    if (!dom->managed) {
        r = err_on(e, XV_CANNOT, EOPNOTSUPP, dom->name,
                   "it was not created by libxl, which has no configuration of it");
        err_hint(e, "use the toolstack that created it");
        return r;
    }
    return 0;
}
