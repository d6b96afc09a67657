/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check_vf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/domain.h"

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
        struct err ignored;
        char name[64];
        struct bdf pf;

        root_link_name(root, name, sizeof(name), "sys/bus/pci/devices/%s/physfn",
                       BDF_STR(pci->bdf));
        if ((f->dom && pci->domid != f->dom->domid) || bdf_parse(name, &pf, &ignored))
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
