/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/leftovers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "decide/facts.h"
#include "session/domain.h"

struct look {
    struct hv_domain *domains;
    size_t n_domains;
    struct guest_pci *assigned, *dead;
    size_t n_assigned, n_dead;
    struct hv_claim *claims;
    size_t n_claims;
    struct leftover *list;
    size_t n;
};

static void look_clear(struct look *l)
{
    free(l->domains);
    free(l->assigned);
    free(l->dead);
    free(l->claims);
    free(l->list);
}

/* Nothing twice: a slot and an entry have their record with them. */
static int add(struct look *l, enum leftover_kind kind, struct bdf bdf, uint32_t domid,
               struct err *e)
{
    const struct hv_domain *dom = domain_by_id(l->domains, l->n_domains, domid);
    struct leftover *it;

    for (size_t i = 0; i < l->n; i++)
        if (l->list[i].domid == domid && bdf_equal(l->list[i].bdf, bdf))
            return 0;
    if (ARRAY_GROW(l->list, l->n))
        return err_nomem(e);
    it = &l->list[l->n++];
    *it = (struct leftover){ .kind = kind, .bdf = bdf, .domid = domid };
    if (dom) {
        snprintf(it->domain, sizeof(it->domain), "%s", dom->name);
        snprintf(it->uuid, sizeof(it->uuid), "%s", dom->uuid);
    } else {
        snprintf(it->domain, sizeof(it->domain), "domain %u, which is no more", domid);
    }
    return 0;
}

/* QEMU's id has no segment: a function of any that xenstore lists accounts for a slot. */
static bool accounted(const struct look *l, const struct hv_slot *slot, uint32_t domid)
{
    for (size_t i = 0; i < l->n_assigned; i++)
        if (l->assigned[i].domid == domid && bus_find_host(slot, 1, l->assigned[i].bdf))
            return true;
    return false;
}

static int find_slots(struct look *l, struct hv *hv, const struct hv_domain *dom, struct err *e)
{
    AUTO_FREE struct hv_slot *bus = NULL;
    size_t n = 0;
    struct err silent;
    int r = 0;

    if (dom->type != HV_HVM || dom->is_stub || !dom->managed)
        return 0;
    r = hv_bus(hv, dom, &bus, &n, &silent);
    if (r)
        return r == -EOPNOTSUPP ? 0
                                : add(l, LEFTOVER_UNKNOWN, (struct bdf){ 0 }, dom->domid, e);
    for (size_t i = 0; !r && i < n; i++)
        if (bus[i].passthrough && !accounted(l, &bus[i], dom->domid))
            r = add(l, LEFTOVER_SLOT, bus[i].host, dom->domid, e);
    return r;
}

static int look(struct look *l, struct hv *hv, struct err *e)
{
    int r = hv_domains(hv, &l->domains, &l->n_domains, e);

    if (!r)
        r = hv_assigned(hv, &l->assigned, &l->n_assigned, e);
    if (!r)
        r = hv_dead(hv, &l->dead, &l->n_dead, e);
    return r ? r : hv_claims(hv, &l->claims, &l->n_claims, e);
}

int leftovers_find(struct hv *hv, struct leftover **ret, size_t *n, struct err *e)
{
    CLEANUP(look_clear) struct look l = { .n = 0 };
    int r = look(&l, hv, e);

    for (size_t i = 0; !r && i < l.n_dead; i++)
        r = add(&l, LEFTOVER_ENTRY, l.dead[i].bdf, l.dead[i].domid, e);
    for (size_t i = 0; !r && i < l.n_domains; i++)
        r = find_slots(&l, hv, &l.domains[i], e);
    for (size_t i = 0; !r && i < l.n_claims; i++)
        if (!guest_pci_find(l.assigned, l.n_assigned, l.claims[i].bdf))
            r = add(&l, LEFTOVER_RECORD, l.claims[i].bdf, l.claims[i].domid, e);
    if (r)
        return r;
    *n = l.n;
    *ret = TAKE_PTR(l.list);
    return 0;
}

const struct leftover *leftover_find(const struct leftover *list, size_t n,
                                     const struct leftover *wanted)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].domid == wanted->domid && bdf_equal(list[i].bdf, wanted->bdf))
            return &list[i];
    return NULL;
}
