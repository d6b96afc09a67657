/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/leftovers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/driver.h"
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

/* Reports nothing twice: a slot and an entry also have a record. */
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
        snprintf(it->domain, sizeof(it->domain), "domain %u, which no longer exists", domid);
    }
    return 0;
}

/* Functions that pciback holds without an owner, and a device model has open. */
static int find_slots(struct look *l, struct hv *hv, const struct root *root, struct err *e)
{
    AUTO_FREE struct hv_emulated *open = NULL;
    AUTO_FREE struct bdf *held = NULL;
    size_t n = 0, n_free = 0, n_open = 0;
    int r = driver_functions(root, PCIBACK, &held, &n, e);

    for (size_t i = 0; !r && i < n; i++)
        if (!guest_pci_find(l->assigned, l->n_assigned, held[i]))
            held[n_free++] = held[i];
    if (!r && n_free)
        r = hv_emulated(hv, held, n_free, &open, &n_open, e);
    for (size_t i = 0; !r && i < n_open; i++)
        r = add(l, LEFTOVER_SLOT, open[i].bdf, open[i].domid, e);
    return r;
}

/* Functions of living guests that have left the host. */
static int find_lost(struct look *l, struct hv *hv, const struct root *root, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < l->n_assigned; i++) {
        const struct guest_pci *f = &l->assigned[i];
        size_t n = l->n;
        struct lost lost;

        r = lost_look(hv, root, f->bdf, &lost, e);
        if (!r && lost.kind != LOST_NOT)
            r = add(l, LEFTOVER_LOST, f->bdf, f->domid, e);
        if (!r && l->n > n)
            l->list[n].lost = lost;
    }
    return r;
}

static int look(struct look *l, struct hv *hv, struct err *e)
{
    int r = hv_domain_names(hv, &l->domains, &l->n_domains, e);

    if (!r)
        r = hv_assigned(hv, &l->assigned, &l->n_assigned, e);
    if (!r)
        r = hv_dead(hv, &l->dead, &l->n_dead, e);
    return r ? r : hv_claims(hv, &l->claims, &l->n_claims, e);
}

int leftovers_find(struct hv *hv, const struct root *root, struct leftover **ret, size_t *n,
                   struct err *e)
{
    CLEANUP(look_clear) struct look l = { .n = 0 };
    int r = look(&l, hv, e);

    for (size_t i = 0; !r && i < l.n_dead; i++)
        r = add(&l, LEFTOVER_ENTRY, l.dead[i].bdf, l.dead[i].domid, e);
    if (!r)
        r = find_lost(&l, hv, root, e);
    if (!r)
        r = find_slots(&l, hv, root, e);
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
