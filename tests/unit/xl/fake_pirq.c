/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest with PV drivers: pirqs for its emulated devices, 16 for its ACPI interrupt, and what
 * libxl, QEMU and Xen before 4.19 do to them when devices come and go.
 */
#include "fake_xen.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_tree.h"
#include "base/cleanup.h"
#include "base/root.h"

#define ACPI_PIRQ 16u

static unsigned irq_of(struct bdf bdf)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    char text[16];

    return root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/irq", BDF_STR(bdf)) < 0
               ? 0 : (unsigned)strtoul(text, NULL, 10) % HV_PIRQS;
}

void xen_set_pirqs(uint32_t domid, unsigned first, unsigned last)
{
    struct fake_pirqs *p = &xen_domain(domid)->pirqs;

    for (; first <= last; first++, p->used.n++)
        p->used.bound[first] = true;
}

bool xen_pirq_lost(uint32_t domid, unsigned pirq)
{
    return xen_domain(domid)->pirqs.lost[pirq];
}

bool xen_irq_held(uint32_t domid)
{
    const struct fake_pirqs *p = &xen_domain(domid)->pirqs;

    for (unsigned i = 0; i < HV_PIRQS; i++)
        if (p->held[i])
            return true;
    return false;
}

void xen_set_astray(uint32_t domid, unsigned irq)
{
    xen_domain(domid)->pirqs.astray[irq] = true;
}

void xen_raise(uint32_t domid)
{
    xen_pirq_deaf(xen_domain(domid));
}

void xen_pirq_attach(struct fake_domain *dom, const struct guest_pci *pci)
{
    struct fake_pirqs *p = &dom->pirqs;
    unsigned irq = irq_of(pci->bdf);

    if (p->astray[irq])
        fail_msg("%s: libxl fails to map IRQ %u, which is mapped otherwise", BDF_STR(pci->bdf), irq);
    if (!p->used.n)
        return;
    if (pci->irq == GUEST_IRQ_APART && !p->held[irq])
        fail_msg("%s is attached apart, and its IRQ %u is not held", BDF_STR(pci->bdf), irq);
    if (pci->irq != GUEST_IRQ_APART && p->held[irq])
        fail_msg("%s: libxl fails to map IRQ %u, which is held", BDF_STR(pci->bdf), irq);
    if (!p->held[irq] && p->n_plain < XEN_MAX)
        p->plain[p->n_plain++] = pci->bdf;
    p->pending |= p->lost[ACPI_PIRQ];
}

void xen_pirq_detach(struct fake_domain *dom, struct bdf bdf)
{
    struct fake_pirqs *p = &dom->pirqs;
    unsigned irq = irq_of(bdf), others = 0;
    bool plain = false;

    for (unsigned i = 0; i < p->n_plain; i++) {
        if (!bdf_equal(p->plain[i], bdf)) {
            others += irq_of(p->plain[i]) == irq;
            continue;
        }
        p->plain[i--] = p->plain[--p->n_plain];
        plain = true;
    }
    if (plain && !others && p->used.bound[irq])
        p->lost[irq] = true;
}

bool xen_pirq_deaf(struct fake_domain *dom)
{
    dom->pirqs.pending |= dom->pirqs.lost[ACPI_PIRQ];
    return dom->pirqs.pending;
}

int hv_pirqs(struct hv *hv, uint32_t domid, struct hv_pirqs *ret, struct err *e)
{
    struct fake_domain *dom = xen_domain(domid);

    (void)hv;
    *ret = dom->pirqs.used;
    return ret->n && xen_fails("pirqs %u", domid)
               ? xen_told(e, XV_CANNOT, "read the event channels") : 0;
}

int hv_irq_hold(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                struct err *e)
{
    struct fake_pirqs *p = &xen_domain(domid)->pirqs;

    (void)hv;
    (void)used;
    if (xen_fails("hold %u of %u", irq, domid))
        return xen_told(e, XV_CANNOT, "map IRQ");
    for (unsigned i = 0; i < p->n_plain; i++)
        if (irq_of(p->plain[i]) == irq)
            return err_set(e, XV_CANNOT, EEXIST, "it is mapped already");
    p->held[irq] = true;
    return 0;
}

int hv_irq_release(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                   struct err *e)
{
    (void)hv;
    (void)used;
    if (xen_fails("let go of %u of %u", irq, domid))
        return xen_told(e, XV_FAILED, "unmap");
    xen_domain(domid)->pirqs.held[irq] = false;
    return 0;
}

int hv_irq_clear(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                 struct err *e)
{
    (void)hv;
    (void)used;
    if (xen_fails("clear %u of %u", irq, domid))
        return xen_told(e, XV_FAILED, "unmap");
    xen_domain(domid)->pirqs.astray[irq] = false;
    return 0;
}

int hv_irq_nudge(struct hv *hv, uint32_t domid, const struct hv_pirqs *used, size_t *lost,
                 struct err *e)
{
    struct fake_domain *dom = xen_domain(domid);

    (void)hv;
    *lost = 0;
    if (xen_fails("nudge %u", domid))
        return xen_told(e, XV_CANNOT, "send an interrupt");
    for (unsigned i = 0; i < HV_PIRQS; i++)
        *lost += used->bound[i] && dom->pirqs.lost[i];
    dom->pirqs.pending = false;
    if (*lost && dom->ack == ACK_AT_ONCE)
        xen_let_go(domid);
    return 0;
}

int hv_acpi_pending(struct hv *hv, const struct hv_domain *info, struct err *e)
{
    (void)hv;
    (void)e;
    return xen_domain(info->domid)->pirqs.pending;
}
