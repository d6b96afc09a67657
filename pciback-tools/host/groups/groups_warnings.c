/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "groups/firmware.h"
#include "groups/groups.h"
#include "pci/resource.h"

#define PAGE_SIZE_SHIFT 12

/* Something that a function uses and should not share: an interrupt line, or a page. */
struct claim {
    uint64_t what;
    uint32_t fn;
};

struct list {
    struct group_warning *warnings;
    size_t n;
};

static int by_claim(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;

    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    return x->fn < y->fn ? -1 : x->fn > y->fn;
}

void group_warnings_free(struct group_warning *warnings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(warnings[i].devices);
    free(warnings);
}

const char *group_warning_heading(const char *kind)
{
    static const char *const headings[][2] = {
        { "shared-intx", "functions share an interrupt line: a guest that has one of them can "
                         "block the others" },
        { "shared-page", "BARs of functions lie on one page: a guest that has one of them can "
                         "access the others" },
        { "rmrr", "functions share memory that firmware reserved for them (RMRR): Xen refuses to "
                  "separate them without rdm_policy=relaxed" },
        { "ivmd", "functions share memory that firmware reserved for them (IVMD): guests that have "
                  "them can access each other there" },
    };

    for (size_t i = 0; i < ARRAY_LEN(headings); i++)
        if (!strcmp(headings[i][0], kind))
            return headings[i][1];
    return NULL;
}

/* Adds a warning without a message, which the caller fills in; NULL when out of memory. */
static struct group_warning *add(struct list *list, const struct groups *g, const char *kind,
                                 const struct claim *claims, size_t n)
{
    struct bdf *devices = calloc(n + 1, sizeof(*devices));
    struct group_warning *w;

    if (!devices || ARRAY_GROW(list->warnings, list->n)) {
        free(devices);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        devices[i] = inventory_at(groups_inventory(g), claims[i].fn)->bdf;
    w = &list->warnings[list->n++];
    *w = (struct group_warning){ .kind = kind, .devices = devices, .n_devices = n };
    return w;
}

/* Sorts the claims and drops duplicates of one function. */
static size_t sort_claims(struct claim *claims, size_t n)
{
    size_t kept = 0;

    if (n)
        qsort(claims, n, sizeof(*claims), by_claim);
    for (size_t i = 0; i < n; i++)
        if (!kept || by_claim(&claims[kept - 1], &claims[i]))
            claims[kept++] = claims[i];
    return kept;
}

/* The number of claims from here on that name the same thing. */
static size_t run_length(const struct claim *claims, size_t n)
{
    size_t i = 1;

    while (i < n && claims[i].what == claims[0].what)
        i++;
    return i;
}

/*
 * Finds shared interrupt lines.  `irq` is the INTx line's number, but with MSI on it is a number
 * that no other function has (drivers/pci/pci-sysfs.c irq_show()).
 */
static int find_intx(const struct groups *g, const struct root *root, struct list *list,
                     struct err *e)
{
    const struct inventory *inv = groups_inventory(g);
    size_t n = inventory_count(inv), n_claims = 0;
    AUTO_FREE struct claim *claims = calloc(n + 1, sizeof(*claims));

    if (!claims)
        return err_nomem(e);
    for (uint32_t i = 0; i < n; i++) {
        const struct pci_function *f = inventory_at(inv, i);
        unsigned long irq;
        char text[16];

        if (f->bridge || !groups_facts(g)[i].intx_pin ||
            root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/irq",
                       BDF_STR(f->bdf)) <= 0)
            continue;
        irq = strtoul(text, NULL, 10);
        if (irq && irq < UINT32_MAX)
            claims[n_claims++] = (struct claim){ irq, i };
    }
    n_claims = sort_claims(claims, n_claims);
    for (size_t i = 0, len; i < n_claims; i += len) {
        struct group_warning *w;

        len = run_length(&claims[i], n_claims - i);
        if (len < 2)
            continue;
        w = add(list, g, "shared-intx", &claims[i], len);
        if (!w)
            return err_nomem(e);
        snprintf(w->what, sizeof(w->what), "line %" PRIu64, claims[i].what);
        snprintf(w->message, sizeof(w->message), "%zu functions share interrupt line %" PRIu64 ": "
                 "a guest that has one of them can block the others", len, claims[i].what);
    }
    return 0;
}

/* Adds the pages in which a memory BAR of the function begins or ends. */
static int add_pages(const struct root *root, struct bdf bdf, uint32_t i, struct claim **claims,
                     size_t *n)
{
    const uint64_t page = (UINT64_C(1) << PAGE_SIZE_SHIFT) - 1;
    struct resource bars[RESOURCES];

    resources_read(root, bdf, bars);
    for (size_t bar = 0; bar < RESOURCE_BARS; bar++) {
        uint64_t start = bars[bar].start, end = start + bars[bar].size - 1;

        if (!bars[bar].memory || !start)
            continue;
        for (int side = 0; side < 2; side++) {
            if (side ? (end & page) == page : !(start & page) && end - start >= page)
                continue;
            if (ARRAY_GROW(*claims, *n))
                return -ENOMEM;
            (*claims)[(*n)++] = (struct claim){ (side ? end : start) >> PAGE_SIZE_SHIFT, i };
        }
    }
    return 0;
}

/* Xen maps whole pages, so a guest with one BAR on a page reaches all BARs on it. */
static int find_pages(const struct groups *g, const struct root *root, struct list *list,
                      struct err *e)
{
    const struct inventory *inv = groups_inventory(g);
    AUTO_FREE struct claim *claims = NULL;
    size_t n = 0;

    for (uint32_t i = 0; i < inventory_count(inv); i++)
        if (add_pages(root, inventory_at(inv, i)->bdf, i, &claims, &n))
            return err_nomem(e);
    n = sort_claims(claims, n);
    for (size_t i = 0, len; i < n; i += len) {
        struct group_warning *w;

        len = run_length(&claims[i], n - i);
        if (len < 2)
            continue;
        w = add(list, g, "shared-page", &claims[i], len);
        if (!w)
            return err_nomem(e);
        snprintf(w->what, sizeof(w->what), "page 0x%" PRIx64, claims[i].what << PAGE_SIZE_SHIFT);
        snprintf(w->message, sizeof(w->message), "BARs of %zu functions lie on one page at "
                 "0x%" PRIx64 ": a guest that has one of them can access the others", len,
                 claims[i].what << PAGE_SIZE_SHIFT);
    }
    return 0;
}

/* The four that keep traffic apart: SV, RR, CR, UF (PCIe 7.7.8). */
#define ACS_ISOLATION 0x1d

static bool is_unreadable(const struct topology_fn *fn)
{
    return fn->config_short;
}

static bool is_switched_off(const struct topology_fn *fn)
{
    return fn->acs == ACS_PRESENT && (fn->acs_cap & ~fn->acs_ctrl & ACS_ISOLATION);
}

static int find_facts(const struct groups *g, const char *kind,
                      bool (*test)(const struct topology_fn *fn), const char *message,
                      struct list *list, struct err *e)
{
    size_t n = inventory_count(groups_inventory(g)), n_claims = 0;
    AUTO_FREE struct claim *claims = calloc(n + 1, sizeof(*claims));
    struct group_warning *w;

    if (!claims)
        return err_nomem(e);
    for (uint32_t i = 0; i < n; i++)
        if (test(&groups_facts(g)[i]))
            claims[n_claims++] = (struct claim){ 0, i };
    if (!n_claims)
        return 0;
    w = add(list, g, kind, claims, n_claims);
    if (!w)
        return err_nomem(e);
    snprintf(w->message, sizeof(w->message), "%s", message);
    return 0;
}

static bool same_functions(const struct firmware_region *a, const struct firmware_region *b)
{
    if (a->n_fns != b->n_fns)
        return false;
    for (size_t i = 0; i < a->n_fns; i++)
        if (!bdf_equal(a->fns[i], b->fns[i]))
            return false;
    return true;
}

/*
 * Adds a warning for the functions of a region, once for each set of functions.  Xen refuses a
 * device with a shared RMRR unless rdm_policy is relaxed (vtd/iommu.c intel_iommu_assign_device()).
 * It maps a shared IVMD region for each guest without a word (amd/pci_amd_iommu.c
 * amd_iommu_assign_device()).
 */
static int add_region(const struct groups *g, const struct firmware *fw, size_t first,
                      struct list *list, struct err *e)
{
    const struct firmware_region *region = &fw->regions[first];
    AUTO_FREE struct claim *claims = calloc(region->n_fns + 1, sizeof(*claims));
    const struct inventory *inv = groups_inventory(g);
    bool rmrr = fw->table == FIRMWARE_DMAR;
    struct group_warning *w;
    size_t more = 0;

    if (!claims)
        return err_nomem(e);
    for (size_t i = 0; i < region->n_fns; i++) {
        const struct pci_function *f = inventory_find(inv, region->fns[i]);

        claims[i].fn = (uint32_t)(f - inventory_at(inv, 0));
    }
    w = add(list, g, rmrr ? "rmrr" : "ivmd", claims, region->n_fns);
    if (!w)
        return err_nomem(e);
    for (size_t i = first + 1; i < fw->n_regions; i++)
        more += same_functions(region, &fw->regions[i]);
    snprintf(w->what, sizeof(w->what), "0x%" PRIx64 "-0x%" PRIx64, region->base, region->end);
    if (more) {
        size_t len = strlen(w->what);

        snprintf(w->what + len, sizeof(w->what) - len, " and %zu more %s", more,
                 more == 1 ? "region" : "regions");
    }
    snprintf(w->message, sizeof(w->message), "%zu functions share the memory at %s that firmware "
             "reserved for them (%s): %s", region->n_fns, w->what, firmware_region_name(fw),
             rmrr ? "Xen refuses to separate them without rdm_policy=relaxed"
                  : "guests that have them can access each other there");
    return 0;
}

/* True when an earlier region has the same functions. */
static bool told(const struct firmware *fw, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (same_functions(&fw->regions[j], &fw->regions[i]))
            return true;
    return false;
}

static int find_regions(const struct groups *g, const struct root *root, struct list *list,
                        struct err *e)
{
    CLEANUP(firmware_clear) struct firmware fw;
    int r = firmware_read(root, groups_facts(g), inventory_count(groups_inventory(g)), &fw, e);

    for (size_t i = 0; !r && i < fw.n_regions; i++)
        if (fw.regions[i].n_fns > 1 && !told(&fw, i))
            r = add_region(g, &fw, i, list, e);
    for (size_t i = 0; !r && i < fw.notes.n; i++) {
        struct group_warning *w = add(list, g, "acpi-table", NULL, 0);

        if (!w)
            return err_nomem(e);
        snprintf(w->message, sizeof(w->message), "%s", fw.notes.text[i]);
    }
    return r;
}

int groups_warnings(const struct groups *g, const struct root *root, struct group_warning **ret,
                    size_t *n, struct err *e)
{
    struct list list = { NULL, 0 };
    int r;

    r = find_facts(g, "config-unreadable", is_unreadable, "the configuration space cannot be "
                   "read, so these are grouped as if they had no isolation (are you root?)",
                   &list, e);
    /* Without Xen, ACS need not be on. */
    if (!r && root_existsf(root, "proc/xen/capabilities"))
        r = find_facts(g, "acs-off", is_switched_off, "these have ACS, and xvtd counts it, but the "
                       "kernel has not switched it on (see pci=disable_acs_redir= and "
                       "pci=config_acs= on dom0's command line)",
                       &list, e);
    if (!r)
        r = find_intx(g, root, &list, e);
    if (!r)
        r = find_pages(g, root, &list, e);
    if (!r)
        r = find_regions(g, root, &list, e);
    if (r) {
        group_warnings_free(list.warnings, list.n);
        return r;
    }
    *ret = list.warnings;
    *n = list.n;
    return 0;
}
