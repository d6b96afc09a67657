/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/facts_irq.h"
#include "detail/link_down.h"
#include "detail/reset.h"
#include "driver/history.h"
#include "driver/module.h"
#include "hide/hide.h"
#include "session/domain.h"

enum pciback facts_pciback(const struct root *root)
{
    if (driver_registered(root, PCIBACK))
        return PCIBACK_LOADED;
    return module_available("xen-pciback") ? PCIBACK_LOADABLE : PCIBACK_MISSING;
}

const struct hv_slot *bus_find_host(const struct hv_slot *bus, size_t n, struct bdf bdf)
{
    for (size_t i = 0; i < n; i++)
        if (bus[i].passthrough && !bus[i].segment_unknown && bdf_equal(bus[i].host, bdf))
            return &bus[i];
    return NULL;
}

bool bus_unsure(const struct hv_slot *bus, size_t n, struct bdf bdf)
{
    for (size_t i = 0; i < n; i++) {
        struct bdf host = bus[i].host;

        host.segment = bdf.segment;
        if (bus[i].passthrough && bus[i].segment_unknown && bdf_equal(host, bdf))
            return true;
    }
    return false;
}

const struct hv_slot *bus_find_slot(const struct hv_slot *bus, size_t n, unsigned slot)
{
    for (size_t i = 0; i < n; i++)
        if (bus[i].slot == slot)
            return &bus[i];
    return NULL;
}

const struct fn_facts *facts_fn(const struct facts *f, struct bdf bdf)
{
    for (size_t i = 0; i < f->n_fns; i++)
        if (bdf_equal(f->fns[i].bdf, bdf))
            return &f->fns[i];
    return NULL;
}

/* An unknown use in dom0 is a fact too. */
static int use_unknown(struct fn_facts *fn, int r, const struct err *e)
{
    if (!r || e->code != XV_CANNOT)
        return r;
    fn->use_unknown = true;
    fn->use_error = *e;
    return 0;
}

static void gather_past(const struct facts *f, const struct root *root, struct fn_facts *fn)
{
    struct bdf card[RESET_CARD_MAX];
    int r;

    fn->no_reset = !fn->bridge && !reset_possible(root, fn->bdf);
    if (fn->no_reset)
        fn->card_n = (unsigned)reset_card(root, fn->bdf, &fn->card, card, ARRAY_LEN(card));
    if (fn->owner) {
        const struct hv_domain *dom = domain_by_id(f->domains, f->n_domains, fn->owner->domid);

        fn->past = PAST_GUEST;
        if (dom)
            snprintf(fn->past_guest, sizeof(fn->past_guest), "%s", dom->uuid);
        return;
    }
    r = history_read(root, fn->bdf, fn->past_guest);
    if (r > 0)
        fn->past = PAST_GUEST;
    else
        fn->past = r < 0 || !strcmp(fn->driver.driver, PCIBACK) ? PAST_UNKNOWN : PAST_NONE;
}

static int gather_fn(const struct root *root, const struct inventory *inv, struct inuse *inuse,
                     struct bdf bdf, struct fn_facts *fn, struct err *e)
{
    const struct pci_function *function = inventory_find(inv, bdf);
    size_t dumped;
    int r;

    *fn = (struct fn_facts){ .bdf = bdf, .bridge = function && function->bridge };
    if (!function)
        return 0; /* gather_owners() finds out whether a guest has it */
    if (!root_existsf(root, "sys/bus/pci/devices/%s", BDF_STR(bdf)) &&
        inventory_dump(inv, bdf, &dumped)) {
        use_unknown(fn, err_on(e, XV_CANNOT, ENODATA, BDF_STR(bdf),
                               "only its configuration space is known"), e);
        return 0;
    }
    r = driver_look(root, bdf, &fn->driver, e);
    if (r)
        return r;
    fn->boot_hidden = hide_at_boot(root, bdf);
    fn->link_down = link_down(root, bdf, &fn->port);
    graphics_read(root, function, &fn->graphics);
    if (!strcmp(fn->driver.driver, PCIBACK))
        return inuse_vf_guests(inuse, bdf, &fn->holders, &fn->n_holders, e);
    return use_unknown(fn, inuse_of(inuse, bdf, &fn->holders, &fn->n_holders, e), e);
}

/* Is it certain that dom or nothing has the function? */
static int is_sure(struct hv *hv, const struct facts *f, struct bdf bdf, bool *in_xen, bool *ret,
                   struct err *e)
{
    int r = guest_pci_find(f->assigned, f->n_assigned, bdf) ? 1 : hv_is_free(hv, bdf, in_xen, e);

    *ret &= r > 0;
    return r < 0 ? r : 0;
}

/* Looks up the same for all functions, their peers and pciback's. */
static int are_sure(struct facts *f, struct hv *hv, bool *ret, struct err *e)
{
    bool ignored;
    int r = 0;

    *ret = true;
    for (size_t i = 0; !r && i < f->n_fns; i++) {
        struct fn_facts *fn = &f->fns[i];

        r = is_sure(hv, f, fn->bdf, &fn->in_xen, ret, e);
        for (size_t p = 0; !r && *ret && p < fn->n_peers; p++)
            if (!strcmp(fn->peers[p].driver, PCIBACK))
                r = is_sure(hv, f, fn->peers[p].bdf, &ignored, ret, e);
    }
    return r;
}

static int gather_owners(struct facts *f, const struct root *root, struct hv *hv,
                         struct err *e)
{
    bool sure = false;
    int r = 0;

    if (f->dom)
        r = hv_assigned_to(hv, f->dom->domid, &f->assigned, &f->n_assigned, e);
    if (!r)
        r = are_sure(f, hv, &sure, e);
    if (!r && (!sure || f->all_entries)) {
        free(f->assigned);
        f->assigned = NULL;
        r = hv_assigned(hv, &f->assigned, &f->n_assigned, e);
    }
    for (size_t i = 0; !r && i < f->n_fns; i++) {
        struct fn_facts *fn = &f->fns[i];

        fn->owner = guest_pci_find(f->assigned, f->n_assigned, fn->bdf);
        fn->in_xen &= !fn->owner;
        if (fn->owner)
            r = lost_look(hv, root, fn->bdf, &fn->lost, e);
    }
    return r;
}

/*
 * Finds the domain that still has a function without an owner in xenstore: a device model that
 * never released it.  Only a function in pciback can be in that state.
 */
static int gather_held(struct facts *f, struct hv *hv, struct err *e)
{
    AUTO_FREE struct bdf *waiting = calloc(f->n_fns + 1, sizeof(*waiting));
    AUTO_FREE struct hv_emulated *list = NULL;
    size_t n = 0, found = 0;
    int r;

    if (!waiting)
        return err_nomem(e);
    for (size_t i = 0; i < f->n_fns; i++)
        if (!f->fns[i].owner && !strcmp(f->fns[i].driver.driver, PCIBACK))
            waiting[n++] = f->fns[i].bdf;
    r = n ? hv_emulated(hv, waiting, n, &list, &found, e) : 0;
    for (size_t i = 0; !r && i < f->n_fns; i++) {
        struct fn_facts *fn = &f->fns[i];

        fn->unsure = bus_unsure(f->bus, f->n_bus, fn->bdf);
        for (size_t k = 0; k < found && !fn->held; k++) {
            fn->held = bdf_equal(list[k].bdf, fn->bdf);
            fn->held_by = list[k].domid;
        }
    }
    return r;
}

static int gather_domain(struct facts *f, const struct root *root, struct hv *hv, struct err *e)
{
    int r;

    if (f->dom->type != HV_HVM || f->dom->is_stub || !f->dom->managed)
        return 0;
    f->lost = history_lost(root, f->dom->domid, f->dom->uuid);
    r = hv_bus(hv, f->dom, &f->bus, &f->n_bus, e);
    if (r && r != -EOPNOTSUPP)
        return r;
    f->bus_known = r == 0;
    r = f->bus_known ? facts_irq(f, root, hv, e) : 0;
    if (r)
        return r;
    if (f->n_fns) {
        r = hv_domain_iommu(hv, f->dom->domid, f->fns[0].bdf, e);
        if (r < 0)
            return r;
        f->iommu = r > 0;
    }
    /* Only functions that stay together need it, and graphics cards for their memory. */
    return f->n_fns > 1 || (f->n_fns && f->fns[0].graphics.is)
               ? hv_domain_config(hv, f->dom->domid, &f->config, e) : 0;
}

static int gather_xen(struct facts *f, struct hv *hv, const struct hv_domain *dom, struct err *e)
{
    int r = hv_host(hv, &f->host, e);

    if (!r && !f->domains)
        r = hv_domain_names(hv, &f->domains, &f->n_domains, e);
    if (r || !dom)
        return r;
    f->dom = domain_same(f->domains, f->n_domains, dom);
    if (!f->dom)
        return err_set(e, XV_NOT_FOUND, ENOENT, "'%s' is gone", dom->name);
    return hv_domain_learn(hv, &f->domains[f->dom - f->domains], e);
}

/* Memory that Xen's command line reserves for devices. */
static int gather_declared(struct facts *f, struct hv *hv, const struct groups *groups, size_t n,
                           struct err *e)
{
    struct hv_xen xen;
    int r = hv_xen(hv, &xen, e);

    return r ? r : firmware_declare(&f->firmware, xen.command_line, groups_facts(groups), n, e);
}

int facts_gather(struct facts *f, const struct root *root, struct hv *hv,
                 const struct hv_domain *dom, const struct inventory *inv,
                 const struct groups *groups, const struct bdf *fns, size_t n_fns,
                 struct err *e)
{
    CLEANUP(inuse_close_p) struct inuse *inuse = NULL;
    int r = 0;

    if (hv) {
        f->pciback = facts_pciback(root);
        r = gather_xen(f, hv, dom, e);
        if (r)
            return r;
    }
    f->libvirt_unknown = hv && libvirt_read(root, &f->libvirt, &f->libvirt_error);
    r = policy_read(root, &f->policy, e);
    if (!r && groups)
        r = firmware_read(root, groups_facts(groups), inventory_count(inv), &f->firmware, e);
    if (!r && hv && f->firmware.table == FIRMWARE_DMAR)
        r = gather_declared(f, hv, groups, inventory_count(inv), e);
    if (r)
        return r;
    f->fns = calloc(n_fns ? n_fns : 1, sizeof(*f->fns));
    if (!f->fns)
        return err_nomem(e);
    r = inuse_open(&inuse, root, e);
    if (r)
        return r;
    for (size_t i = 0; i < n_fns; i++) {
        r = gather_fn(root, inv, inuse, fns[i], &f->fns[i], e);
        f->n_fns++;
        if (!r && groups)
            r = groups_peers(groups, fns[i], &f->fns[i].peers, &f->fns[i].n_peers, e);
        if (r)
            return r;
    }
    if (hv)
        r = gather_owners(f, root, hv, e);
    for (size_t i = 0; !r && i < n_fns; i++)
        if (inventory_find(inv, fns[i]))
            gather_past(f, root, &f->fns[i]);
    for (size_t i = 0; !r && i < n_fns; i++)
        if (!inventory_find(inv, fns[i]) && !f->fns[i].owner)
            r = inventory_missing(fns[i], false, e);
    if (!r && f->dom)
        r = gather_domain(f, root, hv, e);
    return !r && hv ? gather_held(f, hv, e) : r;
}

void facts_clear(struct facts *f)
{
    for (size_t i = 0; i < f->n_fns; i++) {
        free(f->fns[i].holders);
        free(f->fns[i].peers);
    }
    free(f->fns);
    free(f->assigned);
    free(f->domains);
    free(f->bus);
    libvirt_clear(&f->libvirt);
    firmware_clear(&f->firmware);
    *f = (struct facts){ .n_fns = 0 };
}
