/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/facts_irq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config_space.h"
#include "base/stop.h"

/* Pirqs of a guest's emulated devices: ISA has 16 interrupts. */
#define EMULATED_FIRST 16u
#define EMULATED_END 32u

#define DEAF_MS 1500
#define LOOK_MS 200

/* A line "irq = plain" in it switches the prevention off. */
#define POLICY "etc/xvtd/policy"

/*
 * What libxl will read: a driver that uses MSI shows that one's number here, and the device's
 * own comes back in pciback.  0: none, or not to be known yet.
 */
static unsigned read_irq(const struct root *root, struct bdf bdf)
{
    char text[16];
    unsigned irq;

    if (root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/irq", BDF_STR(bdf)) < 0)
        return 0;
    irq = (unsigned)strtoul(text, NULL, 10);
    return root_existsf(root, "sys/bus/pci/devices/%s/msi_irqs/%u", BDF_STR(bdf), irq) ? 0 : irq;
}

static bool has_msi(const struct root *root, struct bdf bdf)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, "sys/bus/pci/devices/%s/config", BDF_STR(bdf));
    struct config config = { .fd = fd };
    bool lost = false;

    return fd >= 0 && (config_cap(&config, CAP_MSI, &lost) || config_cap(&config, CAP_MSIX, &lost));
}

static bool policy_plain(const struct root *root)
{
    char text[4096], *save = NULL;

    if (root_readf(root, text, sizeof(text), POLICY) < 0)
        return false;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char word[8];

        if (sscanf(line, " irq = %7[a-z]", word) == 1 && !strcmp(word, "plain"))
            return true;
    }
    return false;
}

/* One that takes its events has none for so long. */
static bool is_deaf(struct hv *hv, const struct hv_domain *dom)
{
    long long end = stop_now_ms() + DEAF_MS;
    struct err ignored;

    if (dom->paused)
        return false;
    while (hv_acpi_pending(hv, dom, &ignored) > 0) {
        if (stop_now_ms() >= end)
            return true;
        if (stop_sleep_ms(LOOK_MS))
            return false;
    }
    return false;
}

int facts_irq(struct facts *f, const struct root *root, struct hv *hv, struct err *e)
{
    int r = hv_pirqs(hv, f->dom->domid, &f->pirqs, e);

    if (r || !f->pirqs.n)
        return r;
    f->irq_plain = policy_plain(root);
    f->deaf = is_deaf(hv, f->dom);
    for (size_t i = 0; i < f->n_fns; i++) {
        f->fns[i].irq = read_irq(root, f->fns[i].bdf);
        f->fns[i].msi = has_msi(root, f->fns[i].bdf);
    }
    return hv_xen(hv, &f->xen, e);
}

bool irq_collides(const struct hv_pirqs *pirqs, unsigned irq)
{
    bool own = irq && irq < HV_PIRQS && pirqs->bound[irq];

    for (unsigned above = irq; irq >= EMULATED_FIRST && above < EMULATED_END; above++)
        own |= pirqs->bound[above];
    return own;
}

/* The releases on which tests/lab has shown that it works. */
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
    if (asked == GUEST_IRQ_PLAIN || f->irq_plain || !f->pirqs.n || (fn->irq && !collides))
        return 0;
    if (fn->msi && is_proven(f)) {
        *ret = GUEST_IRQ_APART;
        return 0;
    }
    if (!collides) /* not known */
        return 0;
    if (fn->msi)
        r = err_set(e, XV_REFUSED, EBUSY, "%s: its IRQ %u is the number of an interrupt that '%s' "
                    "uses, which its removal would take away; how to prevent that is not proven "
                    "on Xen %s", BDF_STR(fn->bdf), fn->irq, f->dom->name, f->xen.version);
    else
        r = err_set(e, XV_REFUSED, EBUSY, "%s: its IRQ %u is the number of an interrupt that '%s' "
                    "uses, which its removal would take away; it has no MSI to do without",
                    BDF_STR(fn->bdf), fn->irq, f->dom->name);
    err_kind(e, "irq");
    err_hint(e, "a host slot with another IRQ, xen_nopv on the guest's kernel line, or Xen 4.19 or "
             "later have no such conflict; --irq=plain attaches it all the same");
    return r;
}
