/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"
#include "session/domain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int domain_find(const struct hv_domain *domains, size_t n, const char *operand,
                const struct hv_domain **ret, struct err *e)
{
    char *end;
    unsigned long domid;
    int r;

    for (size_t i = 0; i < n; i++)
        if (*operand && !strcmp(domains[i].name, operand)) {
            *ret = &domains[i];
            return 0;
        }
    for (size_t i = 0; i < n; i++)
        if (!strcasecmp(domains[i].uuid, operand)) {
            *ret = &domains[i];
            return 0;
        }
    domid = strtoul(operand, &end, 10);
    if (*operand >= '0' && *operand <= '9' && !*end)
        for (size_t i = 0; i < n; i++)
            if (domains[i].domid == domid) {
                *ret = &domains[i];
                return 0;
            }
    if (!strcmp(operand, "0") || !strcmp(operand, "Domain-0"))
        return err_set(e, XV_NOT_FOUND, ENOENT,
                       "%s: this is dom0: devices are attached to guests", operand);
    r = err_set(e, XV_NOT_FOUND, ENOENT, "%s: no running domain is called so", operand);
    err_hint(e, "`xl list` shows those that run");
    return r;
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
        snprintf(label.operand, sizeof(label.operand), "%s", SHELL_STR(dom->name));
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
        return err_set(e, XV_CANNOT, EOPNOTSUPP,
                       "%s: this is the device model of domain %u, not a guest", dom->name,
                       dom->stub_target);
    if (dom->type == HV_PVH) {
        r = err_set(e, XV_CANNOT, EOPNOTSUPP,
                    "%s: this is a PVH guest, and Xen has no PCI passthrough for those on x86",
                    dom->name);
        err_hint(e, "create the guest with type = \"hvm\"");
        return r;
    }
    if (dom->type == HV_PV) {
        r = err_set(e, XV_CANNOT, EOPNOTSUPP,
                    "%s: this is a PV guest: it has no virtual slots and no IOMMU of its own to "
                    "attach to", dom->name);
        err_hint(e, "name the device in pci = [ ... ] of its cfg, or use an HVM guest");
        return r;
    }
    if (!dom->managed) {
        r = err_set(e, XV_CANNOT, EOPNOTSUPP,
                    "%s: it was not created by libxl, which has no configuration of it",
                    dom->name);
        err_hint(e, "use the toolstack that created it");
        return r;
    }
    return 0;
}
