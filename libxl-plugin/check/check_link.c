/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check_link.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "detail/link_down.h"
#include "session/domain.h"

int dead_links_read(struct dead_links *ret, const struct root *root, const struct facts *f,
                    struct err *e)
{
    for (size_t i = 0; i < f->n_assigned; i++) {
        const struct guest_pci *pci = &f->assigned[i];
        struct dead_link link = { .bdf = pci->bdf, .domid = pci->domid };

        if ((f->dom && pci->domid != f->dom->domid) || !link_down(root, pci->bdf, &link.port))
            continue;
        if (ARRAY_GROW(ret->list, ret->n))
            return err_nomem(e);
        ret->list[ret->n++] = link;
    }
    return 0;
}

void judge_dead_links(const struct facts *f, const struct dead_links *links,
                      struct findings *out)
{
    for (size_t i = 0; i < links->n; i++) {
        const struct dead_link *link = &links->list[i];
        struct domain_label label = domain_label(f->domains, f->n_domains, link->domid);
        struct bdf_text bdf = bdf_text(link->bdf), port = bdf_text(link->port);

        finding_add(out, FINDING_WARN, "link", bdf.s, "it does not answer: the link below %s is "
                    "down, and %s has it", port.s, label.s);
        finding_remedy(out, "dmesg | grep %s; then xvtd detach %s %s, and look at the card and its "
                       "slot", port.s, label.operand, bdf.s);
    }
}
