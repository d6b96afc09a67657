/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges a function: can a guest have it, and with which limits? Pure. */
#include "check/check_facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "decide/decide_common.h"
#include "session/domain.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/*
 * The guest's hole ends at 4 GiB, its uppermost 64 MiB are the chipset's; QEMU's display and
 * platform device have 32 MiB of it (hvmloader, config.h RESERVED_MEMBASE; pci.c).
 */
#define HOLE_DEFAULT (256 * MIB)
#define HOLE_CHIPSET (64 * MIB)
#define HOLE_EMULATED (32 * MIB)
#define HOLE_MAX_MIB 3840u

static int descending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x > y ? -1 : x < y;
}

bool bars_fit(const uint64_t *sizes, size_t n, uint64_t hole)
{
    uint64_t at = 4 * GIB - hole + HOLE_EMULATED, end = 4 * GIB - HOLE_CHIPSET, room;
    AUTO_FREE uint64_t *sorted = malloc((n + 1) * sizeof(*sorted));

    if (!sorted)
        return true;
    for (size_t i = 0; i < n; i++)
        sorted[i] = sizes[i];
    qsort(sorted, n, sizeof(*sorted), descending);
    /* A BAR lies at a multiple of its size, so the largest first leave no gaps. */
    for (size_t i = 0; i < n; i++) {
        if (sorted[i] > hole)
            return false;
        room = (at + sorted[i] - 1) & ~(sorted[i] - 1);
        if (room + sorted[i] > end)
            return false;
        at = room + sorted[i];
    }
    return true;
}

void judge_bars(const struct facts *f, const struct device_facts *devices, size_t n,
                struct findings *out)
{
    uint64_t hole = f->config.hole_kib ? f->config.hole_kib << 10 : HOLE_DEFAULT, sum = 0;
    AUTO_FREE uint64_t *sizes = calloc(n * RESOURCE_BARS + 1, sizeof(*sizes));
    struct bdf_text first;
    size_t n_sizes = 0;
    unsigned want;

    for (size_t d = 0; sizes && d < n; d++)
        for (size_t b = 0; b < RESOURCE_BARS; b++) {
            const struct resource *bar = &devices[d].detail.resources[b];

            if (bar->memory && bar->size && !(bar->size & (bar->size - 1))) {
                sizes[n_sizes++] = bar->size;
                sum += bar->size;
            }
        }
    if (!n_sizes || bars_fit(sizes, n_sizes, hole))
        return;
    first = bdf_text(devices[0].bdf);
    finding_add(out, FINDING_WARN, "bars", n == 1 ? first.s : f->dom ? f->dom->name : "devices",
                "BARs of %" PRIu64 " MiB do not fit into %s hole of %" PRIu64 " MiB below 4 GiB, "
                "where hot-plugged ones go", sum / MIB, f->dom ? "the guest's" : "a guest's usual",
                hole / MIB);
    for (want = 512; want < HOLE_MAX_MIB && !bars_fit(sizes, n_sizes, want * MIB); want += 256)
        ;
    if (bars_fit(sizes, n_sizes, want * MIB))
        finding_remedy(out, "put mmio_hole = %u into the guest's cfg", want);
    else
        finding_remedy(out, "name the device in pci = [ ... ] of the guest's cfg: the firmware "
                       "then places it above 4 GiB");
}

static void judge_reset(const struct facts *f, const struct device_facts *d, const char *bdf,
                        struct findings *out)
{
    const struct fn_facts *fn = facts_fn(f, d->bdf);
    bool handover = fn && is_handover(fn, f->dom ? f->dom->uuid : "");

    if (d->detail.n_resets) {
        finding_ok(out, "reset", bdf, "reset by %s", d->detail.resets[0]);
        return;
    }
    finding_add(out, FINDING_WARN, "reset", bdf, "it cannot be reset alone%s: its next user gets "
                "it as the last one left it", !handover ? "" : fn->past == PAST_GUEST
                ? ", and a guest had it" : ", and a guest may have had it");
    finding_remedy(out, "xvtd show %s lists the devices that a reset of its bus would reset too",
                   bdf);
}

/* A reserved region of its own: Xen maps it into the guest, perhaps over the guest's memory. */
static void judge_region(const struct facts *f, const struct host_facts *h, struct bdf bdf,
                         struct findings *out)
{
    const struct firmware_region *region = firmware_region_of(h->firmware, bdf);
    uint64_t low = 4 * GIB - (f->config.hole_kib ? f->config.hole_kib << 10 : HOLE_DEFAULT);
    struct bdf_text text = bdf_text(bdf);

    if (!region || region->all || firmware_shared_region(h->firmware, bdf) == region)
        return;
    if (f->dom && f->config.memory_kib) {
        if (f->config.memory_kib << 10 < low)
            low = f->config.memory_kib << 10;
        if (region->base >= low)
            return;
    }
    finding_add(out, FINDING_WARN, "rmrr", text.s, "%s reserved memory at 0x%" PRIx64
                " for it (%s): Xen refuses it to a guest that has memory there (EBUSY)",
                firmware_region_by(region), region->base, firmware_region_name(h->firmware));
    finding_remedy(out, "xvtd assign %s %s --rdm-policy=relaxed",
                   f->dom ? DOMAIN_ARG(f->dom) : "DOMAIN", text.s);
}

/* Those of the host's warnings that concern this function. */
static void judge_warnings(const struct device_facts *d, struct findings *out)
{
    struct bdf_text bdf = bdf_text(d->bdf);

    for (size_t i = 0; i < d->n_warnings; i++) {
        const struct group_warning *w = &d->warnings[i];
        bool named = bdf_in(w->devices, w->n_devices, d->bdf);

        /* A function with MSI does not use the line. */
        if (!named || (!strcmp(w->kind, "shared-intx") && (d->detail.msi || d->detail.msix)))
            continue;
        if (!strcmp(w->kind, "shared-intx")) {
            finding_add(out, FINDING_WARN, w->kind, bdf.s, "it has only an interrupt line (INTx) "
                        "and shares it: its guest can block the other devices");
            finding_remedy(out, "xvtd groups %s lists them: give all of them to the same guest",
                           bdf.s);
        } else if (!strcmp(w->kind, "shared-page")) {
            finding_add(out, FINDING_WARN, w->kind, bdf.s, "its BARs share a page with another "
                        "function's: its guest can access that function");
            finding_remedy(out, "put pci=resource_alignment=12@%s on dom0's command line", bdf.s);
        }
    }
}

static void judge_screen(const struct host_facts *h, const struct device_facts *d,
                         struct findings *out)
{
    if (!h->boot_screen || !d->detail.boot_vga)
        return;
    finding_add(out, FINDING_WARN, "screen", BDF_STR(d->bdf), "dom0's boot console (efifb or "
                "simpledrm) draws into its memory");
    finding_remedy(out, "put video=efifb:off on dom0's command line; for simpledrm "
                   "initcall_blacklist=sysfb_init");
}

static void judge_notes(const struct verdict *v, const char *bdf, struct findings *out)
{
    for (size_t i = 0; i < v->notes.n; i++) {
        finding_add(out, FINDING_WARN, "group", bdf, "%s", v->notes.list[i].message);
        finding_remedy(out, "--with-group takes its whole group");
    }
}

static int judge_verdict(const struct facts *f, const struct device_facts *d,
                         struct findings *out, struct err *e)
{
    const struct fn_facts *fn = facts_fn(f, d->bdf);
    struct bdf_text bdf = bdf_text(d->bdf);
    struct verdict v;
    int r = decide_assignable(f, d->bdf, &v, e);

    if (r)
        return r;
    for (size_t i = 0; i < v.n_reasons; i++)
        finding_refusal(out, v.reasons[i].kind, bdf.s, &v.reasons[i]);
    if (!v.n_reasons)
        finding_ok(out, "free", bdf.s, "%s", strcmp(fn->driver.driver, PCIBACK)
                   ? "dom0 does not use it" : "assignable");
    judge_notes(&v, bdf.s, out);
    if (!v.notes.n && !fn->n_peers)
        finding_ok(out, "group", bdf.s, "alone in its group");
    free(v.reasons);
    free(v.notes.list);
    return 0;
}

/* The domain already has it: what would `assign` say? */
static int judge_attached(const struct facts *f, const struct fn_facts *fn, struct findings *out)
{
    struct assign_request request = { .what = { .bdf = fn->bdf } };
    CLEANUP(plan_clear) struct plan plan = { .n = 0 };
    struct plan_notes notes = { .n = 0 };
    struct bdf_text bdf = bdf_text(fn->bdf);
    struct err e;

    if (decide_assign(f, &request, 1, 0, &plan, &notes, &e))
        finding_refusal(out, e.kind, bdf.s, &e);
    else
        finding_ok(out, "free", bdf.s, "attached to %s at 0x%02x", f->dom->name,
                   fn->owner->vslot);
    free(notes.list);
    return 0;
}

int judge_device(const struct facts *f, const struct host_facts *h,
                 const struct device_facts *d, struct findings *out, struct err *e)
{
    const struct fn_facts *fn = facts_fn(f, d->bdf);
    struct bdf_text bdf = bdf_text(d->bdf);
    int r;

    if (f->dom && fn->owner && fn->owner->domid == f->dom->domid)
        return judge_attached(f, fn, out);
    r = judge_verdict(f, d, out, e);
    if (r || fn->bridge)
        return r;
    judge_region(f, h, d->bdf, out);
    judge_reset(f, d, bdf.s, out);
    judge_warnings(d, out);
    judge_screen(h, d, out);
    return 0;
}
