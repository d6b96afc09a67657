/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/decide_irq.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "decide/guest_step.h"

/* Pirqs of a guest's emulated devices: ISA has 16 interrupts. */
#define EMULATED_FIRST 16u
#define EMULATED_END 32u

bool irq_collides(const struct hv_pirqs *pirqs, unsigned irq)
{
    bool own = irq && irq < HV_PIRQS && pirqs->bound[irq];

    for (unsigned above = irq; irq >= EMULATED_FIRST && above < EMULATED_END; above++)
        own |= pirqs->bound[above];
    return own;
}

/* The Xen releases on which tests/lab has shown that it works. */
static bool is_proven(const struct facts *f)
{
    static const char *const proven[] = { "4.17" };

    for (size_t i = 0; i < ARRAY_LEN(proven); i++) {
        size_t len = strlen(proven[i]);

        if (!strncmp(f->xen.version, proven[i], len) &&
            (f->xen.version[len] == '.' || !f->xen.version[len]))
            return true;
    }
    return false;
}

int decide_irq(const struct facts *f, const struct fn_facts *fn, enum guest_irq asked,
               enum guest_irq *ret, struct err *e)
{
    bool collides = irq_collides(&f->pirqs, fn->irq);
    int r;

    *ret = GUEST_IRQ_PLAIN;
    if (asked == GUEST_IRQ_PLAIN || (asked == GUEST_IRQ_AUTO && f->policy.irq_plain))
        return 0;
    if (!f->pirqs.n || (fn->irq && !collides))
        return 0;
    if (fn->msi && is_proven(f)) {
        *ret = GUEST_IRQ_APART;
        return 0;
    }
    if (!collides) /* unknown */
        return 0;
    if (fn->msi)
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf), "its IRQ %u is also the number of an "
                   "interrupt that '%s' uses: removing the device would take that interrupt away; "
                   "xvtd's protection is not tested on Xen %s", fn->irq, f->dom->name,
                   f->xen.version);
    else
        r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf), "its IRQ %u is also the number of an "
                   "interrupt that '%s' uses: removing the device would take that interrupt away; "
                   "without MSI xvtd cannot prevent that", fn->irq, f->dom->name);
    err_kind(e, "irq");
    err_hint(e, "use a host slot with another IRQ, xen_nopv on the guest's kernel command line, or "
             "Xen 4.19 or later; --irq=plain attaches it anyway");
    return r;
}

int note_irqs(const struct facts *f, const struct plan *attach, struct plan_notes *notes,
              struct err *e)
{
    for (size_t i = 0; i < attach->n; i++) {
        struct bdf bdf = attach->steps[i].bdf;
        unsigned irq = facts_fn(f, bdf)->irq;
        int r;

        if (step_guest(&attach->steps[i])->pci.irq != GUEST_IRQ_APART ||
            !irq_collides(&f->pirqs, irq))
            continue;
        r = plan_note_add(notes, "irq", bdf, e, "its IRQ %u is also the number of an interrupt of "
                          "'%s', so the guest gets it with MSI only, without INTx", irq,
                          f->dom->name);
        if (r)
            return r;
    }
    return 0;
}
