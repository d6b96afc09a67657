/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges a function: can a guest have it, and with which limits? Pure. */
#include "check/check_facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "decide/bars.h"
#include "decide/decide_common.h"
#include "session/domain.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

void judge_bars(const struct facts *f, const struct device_facts *devices, size_t n,
                struct findings *out)
{
    uint64_t hole = bars_hole(&f->config), sum = 0;
    AUTO_FREE uint64_t *sizes = calloc(n * RESOURCE_BARS + 1, sizeof(*sizes));
    struct bdf_text first;
    size_t n_sizes = 0;
    unsigned want;

    for (size_t d = 0; sizes && d < n; d++)
        n_sizes += bars_sizes(devices[d].detail.resources, sizes + n_sizes);
    for (size_t i = 0; i < n_sizes; i++)
        sum += sizes[i];
    if (!n_sizes || bars_fit(sizes, n_sizes, hole))
        return;
    first = bdf_text(devices[0].bdf);
    finding_add(out, FINDING_WARN, "bars", n == 1 ? first.s : f->dom ? f->dom->name : "devices",
                "BARs of %" PRIu64 " MiB do not fit into %s hole of %" PRIu64 " MiB below 4 GiB, "
                "where hot-plugged ones go", sum / MIB, f->dom ? "the guest's" : "a guest's usual",
                hole / MIB);
    want = bars_hole_for(sizes, n_sizes);
    if (want)
        finding_remedy(out, "put mmio_hole = %u into the guest's cfg", want);
    else
        finding_remedy(out, "name the device in pci = [ ... ] of the guest's cfg: the firmware "
                       "then places it above 4 GiB");
}

static void judge_reset(const struct facts *f, const struct device_facts *d, const char *bdf,
                        struct findings *out)
{
    const struct fn_facts *fn = facts_fn(f, d->bdf);
    const char *past = "";

    if (d->detail.n_resets) {
        finding_ok(out, "reset", bdf, "reset by %s", d->detail.resets[0]);
        return;
    }
    if (fn && card_whole(f, fn)) {
        finding_ok(out, "reset", bdf, "reset with its card");
        return;
    }
    if (fn && is_handover(fn, f->dom ? f->dom->uuid : ""))
        past = fn->past == PAST_GUEST ? ", and a guest had it" : ", and a guest may have had it";
    finding_add(out, FINDING_WARN, "reset", bdf, "it cannot be reset alone%s: its next user gets "
                "it as the last one left it", past);
    if (fn && fn->card_n)
        finding_remedy(out, "name all functions of its card in one command (--with-functions, "
                       "--with-group): xvtd resets them together");
    else
        finding_remedy(out, "xvtd show %s lists the devices that a reset of its bus would reset too",
                   bdf);
}

/* A reserved region of its own: Xen maps it into the guest, perhaps over the guest's memory. */
static void judge_region(const struct facts *f, const struct host_facts *h, struct bdf bdf,
                         struct findings *out)
{
    const struct firmware_region *region = firmware_region_of(h->firmware, bdf);
    uint64_t low = 4 * GIB - bars_hole(&f->config);
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

/* What note_graphics() tells before an attach, without its memory: judge_bars() has that. */
static void judge_graphics(const struct fn_facts *fn, const char *bdf, struct findings *out)
{
    const struct graphics *g = &fn->graphics;
    const char *family = graphics_reset_fails(g->vendor, g->device);

    if (!g->is)
        return;
    if (!g->boot_vga && !g->rom) {
        finding_add(out, FINDING_WARN, "no-rom", bdf, "it has no ROM: the guest's firmware shows "
                    "nothing on it, and only a driver can");
        finding_remedy(out, "leave vga = \"stdvga\" in the guest's cfg, and use the card beside it");
    }
    if (family) {
        finding_add(out, FINDING_WARN, "known-reset", bdf, "%s cards are known not to come back "
                    "from a reset: a second start of its guest can take a reboot of the host",
                    family);
        finding_remedy(out, "keep it with one guest, and shut that down rather than destroy it");
    }
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
    judge_graphics(fn, bdf.s, out);
    return 0;
}
