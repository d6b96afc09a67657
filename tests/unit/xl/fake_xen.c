/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state behind fake_hv.c, and what tests do to it. */
#include "fake_xen.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

struct fake_xen xen;
static struct fake_xen saved;
static struct fake_xen *handed;     /* shared with child processes */

void xen_hand_over(void)
{
    *handed = xen;
}

void xen_take_over(void)
{
    xen = *handed;
}

void xen_share(void)
{
    if (!handed)
        handed = mmap(NULL, sizeof(*handed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                      -1, 0);
}

void xen_save(void)
{
    saved = xen;
}

void xen_restore(void)
{
    xen = saved;
}

struct bdf xen_bdf(const char *text)
{
    struct bdf bdf = { 0, 0, 0, 0 };
    struct err e;

    if (bdf_parse(text, &bdf, &e))
        fail_msg("%s", e.message);
    return bdf;
}

struct fake_domain *xen_domain(uint32_t domid)
{
    for (size_t i = 0; i < xen.n_domains; i++)
        if (xen.domains[i].info.domid == domid)
            return &xen.domains[i];
    fail_msg("the fake Xen has no domain %u", domid);
    return NULL;
}

struct hv_domain *xen_add_guest(uint32_t domid, const char *name)
{
    struct fake_domain *dom = &xen.domains[xen.n_domains++];

    *dom = (struct fake_domain){
        .info = { .domid = domid, .type = HV_HVM, .managed = true },
        .iommu = true,
        .config = { .passthrough = true, .memory_kib = 262144, .max_memory_kib = 262144 },
    };
    snprintf(dom->info.name, sizeof(dom->info.name), "%s", name);
    snprintf(dom->info.uuid, sizeof(dom->info.uuid), "00000000-0000-4000-8000-%012u", domid);
    for (unsigned slot = 0; slot < 4; slot++)
        xen_emulate(domid, slot);
    return &dom->info;
}

void xen_destroy(uint32_t domid)
{
    struct fake_domain *dom = xen_domain(domid);

    for (size_t i = xen.n_assigned; i-- > 0;)
        if (xen.assigned[i].domid == domid)
            xen_assigned_remove(domid, xen.assigned[i].bdf);
    *dom = xen.domains[--xen.n_domains];
}

void xen_crash(uint32_t domid)
{
    struct fake_domain *dom = xen_domain(domid);

    *dom = xen.domains[--xen.n_domains];
}

void xen_set_passthrough(bool on)
{
    xen.passthrough = on;
}

struct hv_config *xen_config(uint32_t domid)
{
    return &xen_domain(domid)->config;
}

struct hv_xen *xen_self(void)
{
    return &xen.self;
}

void xen_set_log(const char *text)
{
    snprintf(xen.log, sizeof(xen.log), "%s", text);
}

void xen_set_iommu(uint32_t domid, bool on)
{
    xen_domain(domid)->iommu = on;
}

void xen_set_multifunction(uint32_t domid, bool on)
{
    xen_domain(domid)->config.multifunction = on;
}

void xen_set_ack(uint32_t domid, enum fake_ack ack, unsigned ack_looks)
{
    xen_domain(domid)->ack = ack;
    xen_domain(domid)->ack_looks = ack_looks;
}

void xen_emulate(uint32_t domid, unsigned slot)
{
    struct fake_domain *dom = xen_domain(domid);

    dom->bus[dom->n_bus++] = (struct hv_slot){ .slot = slot, .what = "an emulated thing" };
}

struct hv_slot *xen_bus_find(struct fake_domain *dom, struct bdf bdf)
{
    for (size_t i = 0; i < dom->n_bus; i++)
        if (dom->bus[i].passthrough && bdf_equal(dom->bus[i].host, bdf))
            return &dom->bus[i];
    return NULL;
}

/* QEMU's id lacks the segment: which function a command of it means. */
static bool by_name(const struct fake_domain *dom, struct bdf *bdf)
{
    for (size_t i = 0; i < dom->n_bus; i++) {
        struct bdf host = dom->bus[i].host;

        host.segment = bdf->segment;
        if (dom->bus[i].passthrough && bdf_equal(host, *bdf)) {
            *bdf = dom->bus[i].host;
            return true;
        }
    }
    return false;
}

bool xen_has(struct bdf bdf)
{
    for (size_t i = 0; i < xen.n_in_xen; i++)
        if (bdf_equal(xen.in_xen[i], bdf))
            return true;
    if (bdf_in(xen.lost, xen.n_lost, bdf))
        return false;
    for (size_t i = 0; i < xen.n_assigned; i++)
        for (size_t d = 0; d < xen.n_domains; d++)
            if (bdf_equal(xen.assigned[i].bdf, bdf) &&
                xen.domains[d].info.domid == xen.assigned[i].domid)
                return true;
    return false;
}

void xen_lose(struct bdf bdf)
{
    xen.lost[xen.n_lost++] = bdf;
}

/* A later attach is another one. */
static void find_again(struct bdf bdf)
{
    size_t kept = 0;

    for (size_t i = 0; i < xen.n_lost; i++)
        if (!bdf_equal(xen.lost[i], bdf))
            xen.lost[kept++] = xen.lost[i];
    xen.n_lost = kept;
}

void xen_set_in_xen(struct bdf bdf, bool on)
{
    size_t kept = 0;

    for (size_t i = 0; i < xen.n_in_xen; i++)
        if (!bdf_equal(xen.in_xen[i], bdf))
            xen.in_xen[kept++] = xen.in_xen[i];
    if (on)
        xen.in_xen[kept++] = bdf;
    xen.n_in_xen = kept;
}

bool xen_claims(const struct fake_domain *dom, struct bdf bdf)
{
    for (size_t i = 0; i < dom->n_claims; i++)
        if (bdf_equal(dom->claims[i], bdf))
            return true;
    return false;
}

void xen_claim(uint32_t domid, struct bdf bdf, unsigned slot)
{
    struct fake_domain *dom = xen_domain(domid);

    dom->bus[dom->n_bus++] = (struct hv_slot){ .slot = slot, .passthrough = true, .host = bdf };
    dom->claims[dom->n_claims++] = bdf;
}

void xen_hide_segments(void)
{
    xen.segments_hidden = true;
}

bool xen_bus_add(struct fake_domain *dom, struct bdf bdf, unsigned slot, unsigned func)
{
    for (size_t i = 0; i < dom->n_bus; i++)
        if (dom->bus[i].slot == slot &&
            (!dom->config.multifunction || !dom->bus[i].passthrough || dom->bus[i].func == func))
            return false;
    if (by_name(dom, &bdf))
        return false;   /* "Duplicate device ID" */
    dom->bus[dom->n_bus++] = (struct hv_slot){
        .slot = slot, .func = func, .passthrough = true, .host = bdf, .what = "Something",
    };
    return true;
}

bool xen_bus_remove(struct fake_domain *dom, struct bdf bdf)
{
    struct hv_slot *slot = xen_bus_find(dom, bdf);

    for (size_t i = 0; i < dom->n_requests; i++)
        if (bdf_equal(dom->requests[i].bdf, bdf))
            dom->requests[i--] = dom->requests[--dom->n_requests];
    if (!slot)
        return false;
    xen_pirq_detach(dom, bdf);
    memmove(slot, slot + 1, (size_t)(dom->bus + --dom->n_bus - slot) * sizeof(*slot));
    return true;
}

/* The guest lets go of the slot as a whole. */
static void acknowledge(struct fake_domain *dom, struct bdf bdf)
{
    struct hv_slot *slot = xen_bus_find(dom, bdf);
    unsigned number = slot ? slot->slot : 0;

    if (!slot)
        return;
    for (size_t i = dom->n_bus; i-- > 0;)
        if (dom->bus[i].passthrough && dom->bus[i].slot == number)
            xen_bus_remove(dom, dom->bus[i].host);
}

int xen_ask_unplug(struct fake_domain *dom, struct bdf bdf)
{
    if (!by_name(dom, &bdf))
        return -ENOENT;
    for (size_t i = 0; i < dom->n_requests; i++)
        if (bdf_equal(dom->requests[i].bdf, bdf))
            return -EBUSY;
    if (dom->ack == ACK_AT_ONCE && !dom->info.paused && !xen_pirq_deaf(dom))
        acknowledge(dom, bdf);
    else
        dom->requests[dom->n_requests++] = (struct fake_request){ bdf, dom->ack_looks };
    return 0;
}

void xen_look(struct fake_domain *dom)
{
    for (size_t i = 0; dom->ack == ACK_LATE && i < dom->n_requests; i++)
        if (!dom->requests[i].looks || !--dom->requests[i].looks)
            acknowledge(dom, dom->requests[i--].bdf);
}

void xen_set_tells(bool tells)
{
    xen.qemu_tells = tells;
}

void xen_let_go(uint32_t domid)
{
    struct fake_domain *dom = xen_domain(domid);

    dom->info.paused = false;
    while (dom->n_requests)
        acknowledge(dom, dom->requests[0].bdf);
}

void xen_assigned_add(const struct guest_pci *pci)
{
    xen.assigned[xen.n_assigned++] = *pci;
}

bool xen_assigned_remove(uint32_t domid, struct bdf bdf)
{
    for (size_t i = 0; i < xen.n_assigned; i++)
        if (xen.assigned[i].domid == domid && bdf_equal(xen.assigned[i].bdf, bdf)) {
            memmove(&xen.assigned[i], &xen.assigned[i + 1],
                    (--xen.n_assigned - i) * sizeof(*xen.assigned));
            find_again(bdf);
            return true;
        }
    return false;
}

struct fake_record *xen_record_find(struct bdf bdf, const char *key)
{
    for (size_t i = 0; i < xen.n_records; i++)
        if (bdf_equal(xen.records[i].bdf, bdf) && !strcmp(xen.records[i].key, key))
            return &xen.records[i];
    return NULL;
}

void xen_record_put(struct bdf bdf, const char *key, const char *value)
{
    struct fake_record *r = xen_record_find(bdf, key);

    if (!value) {
        if (r)
            *r = xen.records[--xen.n_records];
        return;
    }
    if (!r)
        r = &xen.records[xen.n_records++];
    r->bdf = bdf;
    snprintf(r->key, sizeof(r->key), "%s", key);
    snprintf(r->value, sizeof(r->value), "%s", value);
}

void xen_set_record(const char *bdf, const char *key, const char *value)
{
    xen_record_put(xen_bdf(bdf), key, value);
}

const char *xen_record(const char *bdf, const char *key)
{
    struct fake_record *r = xen_record_find(xen_bdf(bdf), key);

    return r ? r->value : NULL;
}

bool xen_quarantined(struct bdf bdf)
{
    for (size_t i = 0; i < xen.n_quarantine; i++)
        if (bdf_equal(xen.quarantine[i], bdf))
            return true;
    return false;
}

void xen_quarantine_put(struct bdf bdf, bool on)
{
    if (on && !xen_quarantined(bdf))
        xen.quarantine[xen.n_quarantine++] = bdf;
    for (size_t i = 0; !on && i < xen.n_quarantine; i++)
        if (bdf_equal(xen.quarantine[i], bdf))
            xen.quarantine[i--] = xen.quarantine[--xen.n_quarantine];
}

void xen_set_quarantine(const char *bdf, bool on)
{
    xen_quarantine_put(xen_bdf(bdf), on);
}

bool xen_in_quarantine(const char *bdf)
{
    return xen_quarantined(xen_bdf(bdf));
}

void xen_give(uint32_t domid, const char *text, unsigned vslot, unsigned vfunc)
{
    struct guest_pci pci = { .bdf = xen_bdf(text), .domid = domid, .vslot = vslot,
                             .vfunc = vfunc };
    char number[16];

    if (xen_domain(domid)->info.type == HV_HVM && !xen_domain(domid)->info.stub_domid &&
        !xen_bus_add(xen_domain(domid), pci.bdf, vslot, vfunc))
        fail_msg("slot %u of domain %u is taken", vslot, domid);
    xen_assigned_add(&pci);
    snprintf(number, sizeof(number), "%u", domid);
    xen_record_put(pci.bdf, "domid", number);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *xen_snapshot(void)
{
    char *lines[256], *text = NULL;
    size_t n = 0, size;
    FILE *f;

#define LINE(...) do { if (asprintf(&lines[n++], __VA_ARGS__) < 0) abort(); } while (0)
    for (size_t i = 0; i < xen.n_assigned; i++)
        LINE("xenstore %s domain %u at %x.%x", BDF_STR(xen.assigned[i].bdf),
             xen.assigned[i].domid, xen.assigned[i].vslot, xen.assigned[i].vfunc);
    for (size_t i = 0; i < xen.n_records; i++)
        LINE("record %s %s=%s", BDF_STR(xen.records[i].bdf), xen.records[i].key,
             xen.records[i].value);
    for (size_t i = 0; i < xen.n_quarantine; i++)
        LINE("quarantine %s", BDF_STR(xen.quarantine[i]));
    for (size_t d = 0; d < xen.n_domains; d++) {
        const struct fake_domain *dom = &xen.domains[d];

        if (dom->kept)
            LINE("%s keeps its IOMMU", dom->info.name);
        for (size_t i = 0; i < dom->n_bus; i++)
            if (dom->bus[i].passthrough)
                LINE("qemu of %s: %s at %x.%x", dom->info.name, BDF_STR(dom->bus[i].host),
                     dom->bus[i].slot, dom->bus[i].func);
        for (size_t i = 0; i < dom->n_requests; i++)
            LINE("pending in %s: %s", dom->info.name, BDF_STR(dom->requests[i].bdf));
    }
#undef LINE
    qsort(lines, n, sizeof(*lines), by_text);
    f = open_memstream(&text, &size);
    for (size_t i = 0; i < n; i++) {
        fprintf(f, "%s\n", lines[i]);
        free(lines[i]);
    }
    fclose(f);
    return text;
}
