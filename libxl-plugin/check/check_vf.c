/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check_vf.h"

#include <stdlib.h>
#include <string.h>

#include "session/domain.h"
#include "vf/vf_link.h"
#include "vf/vf_record.h"

/* Is this use of inuse_net.c a network of dom0's own? */
static bool is_network(const struct holder *h)
{
    static const char *const whats[] = { "ssh", "address", "route" };

    for (size_t i = 0; i < ARRAY_LEN(whats); i++)
        if (!strcmp(h->what, whats[i]))
            return true;
    return false;
}

/* The card behind one virtual function, if dom0's network needs it. */
static int add(struct shared_cards *ret, struct inuse *inuse, struct bdf pf,
               const struct guest_pci *pci, struct err *e)
{
    AUTO_FREE struct holder *holders = NULL;
    size_t n = 0;
    int r = inuse_of(inuse, pf, &holders, &n, e);

    for (size_t i = 0; !r && i < n; i++) {
        if (!is_network(&holders[i]))
            continue;
        if (ARRAY_GROW(ret->list, ret->n))
            return err_nomem(e);
        ret->list[ret->n++] = (struct shared_card){ pf, pci->bdf, pci->domid, holders[i] };
        break;
    }
    return r;
}

int shared_cards_read(struct shared_cards *ret, const struct root *root, const struct facts *f,
                      struct err *e)
{
    CLEANUP(inuse_close_p) struct inuse *inuse = NULL;
    int r = 0;

    for (size_t i = 0; !r && i < f->n_assigned; i++) {
        const struct guest_pci *pci = &f->assigned[i];
        struct bdf pf;

        if ((f->dom && pci->domid != f->dom->domid) || !vf_pf(root, pci->bdf, &pf))
            continue;
        r = inuse ? 0 : inuse_open(&inuse, root, e);
        if (!r)
            r = add(ret, inuse, pf, pci, e);
    }
    return r;
}

void judge_shared_cards(const struct facts *f, const struct shared_cards *cards,
                        struct findings *out)
{
    for (size_t i = 0; i < cards->n; i++) {
        const struct shared_card *c = &cards->list[i];
        struct domain_label label = domain_label(f->domains, f->n_domains, c->domid);
        struct bdf_text pf = bdf_text(c->pf), vf = bdf_text(c->vf);

        finding_add(out, FINDING_WARN, "shared-card", pf.s, "dom0's network needs it (%s), and %s "
                    "has its virtual function %s: a reset of the card, or of its driver, ends "
                    "both", HOLDER_STR(&c->use), label.s, vf.s);
        finding_remedy(out, "move dom0's network to another card, or: xvtd detach %s %s",
                       label.operand, vf.s);
    }
}

static int look(const struct root *root, const struct records *records,
                const struct guest_pci *pci, struct lost_settings *ret, struct err *e)
{
    struct lost_settings one = { .vf = pci->bdf, .domid = pci->domid };
    struct vf_record record;
    struct vf_place place;
    struct err ignored;
    unsigned differ;
    int r = vf_record_get(records, pci->bdf, &record, e);

    if (r || !record.want.has)
        return r;
    one.want = record.want;
    if (vf_place(root, pci->bdf, &place, &ignored) || vf_link_read(&place, &one.is, &ignored))
        one.is.has = 0;
    differ = vf_settings_differ(&one.want, &one.is);
    one.want = vf_settings_only(&one.want, differ);
    one.is = vf_settings_only(&one.is, differ);
    *ret = one;
    return differ != 0;
}

int lost_settings_read(struct all_lost_settings *ret, const struct root *root,
                       const struct records *records, const struct facts *f, struct err *e)
{
    for (size_t i = 0; i < f->n_assigned; i++) {
        const struct guest_pci *pci = &f->assigned[i];
        struct lost_settings one;
        struct bdf pf;
        int r;

        if ((f->dom && pci->domid != f->dom->domid) || !vf_pf(root, pci->bdf, &pf))
            continue;
        r = look(root, records, pci, &one, e);
        if (r < 0)
            return r;
        if (!r)
            continue;
        if (ARRAY_GROW(ret->list, ret->n))
            return err_nomem(e);
        ret->list[ret->n++] = one;
    }
    return 0;
}

void judge_lost_settings(const struct facts *f, const struct all_lost_settings *lost,
                         struct findings *out)
{
    for (size_t i = 0; i < lost->n; i++) {
        const struct lost_settings *l = &lost->list[i];
        struct domain_label label = domain_label(f->domains, f->n_domains, l->domid);
        struct bdf_text vf = bdf_text(l->vf);

        finding_add(out, FINDING_WARN, "vf-settings", vf.s, "%s has it with %s, but xvtd has set %s",
                    label.s, l->is.has ? VF_SETTINGS_STR(&l->is) : "settings that dom0 cannot read",
                    VF_SETTINGS_STR(&l->want));
        finding_remedy(out, "xvtd assign %s %s", label.operand, vf.s);
    }
}
