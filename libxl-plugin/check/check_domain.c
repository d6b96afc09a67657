/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges a guest: can it get devices, and are its present ones in order? Pure. */
#include "check/check_facts.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "decide/decide.h"
#include "session/domain.h"

#define BUS_SLOTS 32

static void judge_iommu(const struct facts *f, struct findings *out)
{
    const char *name = f->dom->name;

    if (f->iommu) {
        finding_ok(out, "passthrough", name, "it has an IOMMU");
        if (f->config.passthrough)
            return;
        /* libxl_create.c: the default is on only with a pci list in the cfg. */
        finding_add(out, FINDING_WARN, "passthrough", name, "it has an IOMMU only because of the "
                    "pci list it was created with: after a migration without its devices it has "
                    "none");
        finding_remedy(out, "put passthrough = \"enabled\" into its cfg");
        return;
    }
    if (f->config.max_memory_kib > f->config.memory_kib) {
        /* libxl_create.c: "... not supported together with PoD" */
        finding_add(out, FINDING_FAIL, "pod", name, "maxmem (%llu MiB) is more than memory (%llu "
                    "MiB): libxl allows no passthrough with populate-on-demand",
                    (unsigned long long)f->config.max_memory_kib >> 10,
                    (unsigned long long)f->config.memory_kib >> 10);
        finding_remedy(out, "make maxmem equal memory in its cfg");
    }
}

static void judge_slots(const struct facts *f, struct findings *out)
{
    const char *name = f->dom->name;
    bool taken[BUS_SLOTS] = { true };   /* 0 is the host bridge's */
    unsigned n = 0;

    if (!f->bus_known) {
        finding_add(out, FINDING_WARN, "slots", name, "its device model runs in a stub domain: "
                    "dom0 cannot see which slots are free");
        finding_remedy(out, "xl list shows that domain");
        return;
    }
    for (size_t i = 0; i < f->n_bus; i++)
        taken[f->bus[i].slot % BUS_SLOTS] = true;
    for (unsigned slot = 1; slot < BUS_SLOTS; slot++)
        n += !taken[slot];
    if (n) {
        finding_ok(out, "slots", name, "%u free slots", n);
        return;
    }
    finding_add(out, FINDING_FAIL, "slots", name, "'%s' has no free slot", name);
    finding_remedy(out, "xvtd pci-list %s shows its devices; detach one", DOMAIN_ARG(f->dom));
}

static bool is_open(const struct host_facts *h, struct bdf bdf, uint32_t domid)
{
    for (size_t i = 0; i < h->n_leftovers; i++)
        if (h->leftovers[i].kind == LEFTOVER_SLOT && h->leftovers[i].domid == domid &&
            bdf_equal(h->leftovers[i].bdf, bdf))
            return true;
    return false;
}

/* Devices that the guest's QEMU claims, and xenstore does not list. */
static void judge_claim(const struct facts *f, const struct host_facts *h,
                        const struct hv_slot *slot, struct findings *out)
{
    const char *name = f->dom->name;

    for (size_t k = 0; k < f->n_assigned; k++)
        if (f->assigned[k].domid == f->dom->domid && bus_find_host(slot, 1, f->assigned[k].bdf))
            return;
    if (slot->segment_unknown) {
        finding_add(out, FINDING_WARN, "claim", name, "its device model says that it has "
                    "%02x:%02x.%x, but not in which segment", slot->host.bus,
                    slot->host.slot, slot->host.func);
        finding_remedy(out, "shut the guest down to free it");
    } else if (is_open(h, slot->host, f->dom->domid)) {
        finding_add(out, FINDING_WARN, "held", name, "its device model still has %s, although "
                    "Xen took it away", BDF_STR(slot->host));
        finding_remedy(out, "xvtd detach %s %s", DOMAIN_ARG(f->dom), BDF_STR(slot->host));
    } else {
        finding_add(out, FINDING_WARN, "claim", name, "its device model says that it has %s, but "
                    "does not have it open: xvtd does not believe it", BDF_STR(slot->host));
        finding_remedy(out, "look at /var/log/xen/qemu-dm-%s.log", name);
    }
}

/* Where xenstore and QEMU differ. */
static void judge_devices(const struct facts *f, const struct host_facts *h,
                          struct findings *out)
{
    const char *name = f->dom->name;

    for (size_t i = 0; f->bus_known && i < f->n_assigned; i++) {
        if (f->assigned[i].domid != f->dom->domid ||
            bus_find_host(f->bus, f->n_bus, f->assigned[i].bdf))
            continue;
        finding_add(out, FINDING_WARN, "stale", name, "it has released %s, but libxl's records "
                    "still list it", BDF_STR(f->assigned[i].bdf));
        finding_remedy(out, "xvtd detach %s %s", DOMAIN_ARG(f->dom),
                       BDF_STR(f->assigned[i].bdf));
    }
    for (size_t i = 0; i < f->n_bus; i++)
        if (f->bus[i].passthrough)
            judge_claim(f, h, &f->bus[i], out);
}

/* Xen before 4.19, when a device was attached without keeping its IRQ apart. */
static void judge_interrupts(const struct facts *f, struct findings *out)
{
    const char *name = f->dom->name;

    if (!f->pirqs.n || !f->deaf)
        return;
    finding_add(out, FINDING_FAIL, "deaf", name, "it handles no hot-plug events: the removal of a "
                "device took away its ACPI interrupt");
    finding_remedy(out, "reboot it; until then only xvtd can attach and detach devices, not xl");
}

/* Where libvirt's lists differ from what the guest has. */
static void judge_libvirt(const struct facts *f, struct findings *out)
{
    const struct libvirt_guest *g = libvirt_guest(&f->libvirt, f->dom->uuid);
    const char *name = f->dom->name;

    if (!g)
        return;
    finding_ok(out, "libvirt", name, "it is a guest of libvirt%s", g->kept ? "" : ", transient");
    for (size_t i = 0; i < f->n_assigned; i++) {
        struct bdf bdf = f->assigned[i].bdf;

        if (f->assigned[i].domid != f->dom->domid || !g->kept ||
            bdf_in(g->next.devices, g->next.n, bdf))
            continue;
        finding_add(out, FINDING_WARN, "libvirt-next", name, "libvirt starts it without %s next "
                    "time", BDF_STR(bdf));
        finding_remedy(out, "%s", virsh_command("attach", g->name, bdf, "--config").s);
    }
    for (size_t i = 0; i < g->now.n; i++) {
        struct bdf bdf = g->now.devices[i];
        const struct guest_pci *owner = guest_pci_find(f->assigned, f->n_assigned, bdf);

        if (owner && owner->domid == f->dom->domid)
            continue;
        finding_add(out, FINDING_WARN, "libvirt", name, "libvirt lists %s for it, which it does not "
                    "have, and resets the device when the guest ends", BDF_STR(bdf));
        finding_remedy(out, "xvtd assign %s %s && %s", DOMAIN_ARG(f->dom), BDF_STR(bdf),
                       virsh_command("detach", g->name, bdf, "--live").s);
    }
}

void judge_domain(const struct facts *f, const struct host_facts *h, struct findings *out)
{
    const char *name = f->dom->name;
    struct err e;

    if (domain_attachable(f->dom, &e)) {
        finding_refusal(out, "type", name, &e);
        return;
    }
    finding_ok(out, "type", name, "HVM");
    if (h->hvm_passthrough) {
        if (decide_environment(f, &e))
            finding_refusal(out, e.kind, name, &e);
        judge_iommu(f, out);
    }
    judge_slots(f, out);
    judge_devices(f, h, out);
    judge_libvirt(f, out);
    judge_interrupts(f, out);
    if (f->dom->paused) {
        finding_add(out, FINDING_WARN, "paused", name, "it is paused: it can neither use a new "
                    "device nor release one");
        finding_remedy(out, "xl unpause %s", DOMAIN_XL_ARG(f->dom));
    }
}

/* xendomains' `stop` saves all domains when it has a folder (tools/hotplug/Linux/xendomains). */
static void judge_saving(const struct facts *f, const struct host_facts *h, uint32_t domid,
                         size_t n, struct findings *out)
{
    struct domain_label label = domain_label(f->domains, f->n_domains, domid);

    if (!*h->xendomains.saves_in || h->xendomains.ejected)
        return;
    finding_add(out, FINDING_WARN, "xendomains", label.operand,
                "it has %zu device%s, and xendomains saves it when dom0 shuts down: that takes 10 "
                "s a device and restores them wrongly", n, n == 1 ? "" : "s");
    finding_remedy(out, "switch the service xvtd-guests on, or: sed -i "
                   "'s|^XENDOMAINS_SAVE=.*|XENDOMAINS_SAVE=|' /%s", h->xendomains.file);
}

void judge_guests(const struct facts *f, const struct host_facts *h, struct findings *out)
{
    for (size_t d = 0; d < f->n_domains; d++) {
        uint32_t domid = f->domains[d].domid;
        size_t n = 0;

        if (f->dom && f->dom->domid != domid)
            continue;
        for (size_t i = 0; i < f->n_assigned; i++)
            n += f->assigned[i].domid == domid;
        if (n)
            judge_saving(f, h, domid, n, out);
    }
}
