/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/facts_irq.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config_space.h"
#include "base/stop.h"

#define DEAF_MS 1500
#define LOOK_MS 200

/*
 * The IRQ that libxl will read.  A driver with MSI shows the MSI's number here; in pciback the
 * device's own IRQ comes back.  0: none, or unknown.
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

/* A guest that handles its events leaves none pending for so long. */
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
    f->deaf = is_deaf(hv, f->dom);
    for (size_t i = 0; i < f->n_fns; i++) {
        f->fns[i].irq = read_irq(root, f->fns[i].bdf);
        f->fns[i].msi = has_msi(root, f->fns[i].bdf);
    }
    return hv_xen(hv, &f->xen, e);
}
