/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/interrupt.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "decide/decide_irq.h"

#define IRQ_NONE 255    /* value of PCI's interrupt line register for "not connected" */
#define LOOK_MS 100     /* between two looks at a guest that has not taken an event */
#define NUDGE_MS 700    /* a guest that takes events does so earlier */

/* The IRQ as libxl reads it; 0 if there is none. */
static unsigned read_irq(const struct root *root, struct bdf bdf)
{
    char text[16];

    if (root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/irq", BDF_STR(bdf)) < 0)
        return 0;
    return (unsigned)strtoul(text, NULL, 10);
}

int interrupt_apart(const struct root *root, struct hv *hv, uint32_t domid,
                    struct guest_pci *pci, size_t n, struct err *e)
{
    struct hv_pirqs used = { .n = 0 };
    bool asked = false;

    for (size_t i = 0; i < n; i++) {
        unsigned irq = read_irq(root, pci[i].bdf);
        size_t lost;
        int r = 0;

        if (pci[i].irq != GUEST_IRQ_APART)
            continue;
        if (!asked)
            r = hv_pirqs(hv, domid, &used, e);
        /* Xen counts a lost pirq as free; the nudge makes it used again. */
        if (!asked && !r)
            r = hv_irq_nudge(hv, domid, &used, &lost, e);
        asked = true;
        if (!r && !irq_collides(&used, irq)) {
            pci[i].irq = GUEST_IRQ_PLAIN;
            continue;
        }
        if (!r)
            r = hv_irq_hold(hv, domid, irq, &used, e);
        if (r == -EEXIST) {
            pci[i].irq = GUEST_IRQ_PLAIN;
            r = 0;
        }
        if (r)
            return r;
    }
    return 0;
}

int interrupt_release(const struct root *root, struct hv *hv, uint32_t domid, struct bdf bdf,
                      struct err *e)
{
    unsigned irq = read_irq(root, bdf);
    struct hv_pirqs used;
    int r = hv_pirqs(hv, domid, &used, e);

    return r || !irq_collides(&used, irq) ? r : hv_irq_release(hv, domid, irq, &used, e);
}

/* Does libxl list a device with this IRQ in the domain? */
static bool line_used(const struct root *root, const struct hv_claim *claims, size_t n,
                      uint32_t domid, unsigned irq)
{
    for (size_t i = 0; i < n; i++)
        if (claims[i].domid == domid && read_irq(root, claims[i].bdf) == irq)
            return true;
    return false;
}

void interrupt_clear(const struct root *root, struct hv *hv, const struct guest_pci *pci, size_t n)
{
    AUTO_FREE struct hv_claim *claims = NULL;
    struct hv_pirqs used;
    struct err ignored;
    size_t n_claims, lost;

    if (!n || hv_claims(hv, &claims, &n_claims, &ignored) ||
        hv_pirqs(hv, pci->domid, &used, &ignored))
        return;
    /* Xen counts a lost pirq as free, and the line mapped onto it too; the nudge corrects that. */
    if (used.n && hv_irq_nudge(hv, pci->domid, &used, &lost, &ignored))
        return;
    for (size_t i = 0; i < n; i++) {
        unsigned irq = read_irq(root, pci[i].bdf);

        if (irq && irq < IRQ_NONE && !line_used(root, claims, n_claims, pci->domid, irq))
            hv_irq_clear(hv, pci->domid, irq, &used, &ignored);
    }
}

void ear_open(struct ear *ear, struct hv *hv, const struct hv_domain *dom)
{
    struct err ignored;

    *ear = (struct ear){ .hv = hv, .dom = dom };
    if (dom->type != HV_HVM || dom->paused || hv_pirqs(hv, dom->domid, &ear->pirqs, &ignored))
        ear->pirqs.n = 0;
}

size_t ear_lost(const struct ear *ear)
{
    struct err ignored;
    size_t lost;

    return ear->pirqs.n && !hv_irq_nudge(ear->hv, ear->dom->domid, &ear->pirqs, &lost, &ignored)
               ? lost : 0;
}

enum heard ear_wait(const struct ear *ear, long long deadline)
{
    long long began = stop_now_ms();
    bool nudged = false;
    size_t lost = 0;
    struct err ignored;

    if (!ear->pirqs.n)
        return HEARD;
    while (hv_acpi_pending(ear->hv, ear->dom, &ignored) > 0) {
        long long now = stop_now_ms();

        if (!nudged && now - began >= NUDGE_MS) {
            nudged = true;
            lost = ear_lost(ear);
        }
        if (now >= deadline || stop_requested())
            return HEARD_NOT;
        stop_sleep_ms(LOOK_MS);
    }
    return lost ? HEARD_WOKEN : HEARD;
}
