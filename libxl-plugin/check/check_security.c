/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check_security.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detail/ats.h"
#include "session/domain.h"

int security_read(struct security *ret, const struct root *root, const struct facts *f,
                  struct err *e)
{
    char text[8];

    ret->all_permissive = root_readf(root, text, sizeof(text),
                                     "sys/module/xen_pciback/parameters/permissive") > 0 &&
                          *text == 'Y';
    for (size_t i = 0; i < f->n_assigned; i++) {
        const struct guest_pci *pci = &f->assigned[i];

        if ((f->dom && pci->domid != f->dom->domid) || !ats_is_on(root, pci->bdf))
            continue;
        if (ARRAY_GROW(ret->ats, ret->n_ats))
            return err_nomem(e);
        ret->ats[ret->n_ats++] = pci->bdf;
    }
    return 0;
}

/* A list of devices, " 0000:02:00.0 0000:03:00.0"; cut if it is too long. */
struct device_list {
    char s[400];
    size_t n;
};

static void list_add(struct device_list *l, struct bdf bdf)
{
    size_t len = strlen(l->s);

    snprintf(l->s + len, sizeof(l->s) - len, " %s", BDF_STR(bdf));
    l->n++;
}

static void judge_guest(const struct facts *f, const struct security *s,
                        const struct hv_domain *dom, struct findings *out)
{
    struct device_list permissive = { .n = 0 }, ats = { .n = 0 }, all = { .n = 0 };

    for (size_t i = 0; i < f->n_assigned; i++) {
        const struct guest_pci *pci = &f->assigned[i];

        if (pci->domid != dom->domid)
            continue;
        list_add(&all, pci->bdf);
        if (pci->permissive)
            list_add(&permissive, pci->bdf);
        if (bdf_in(s->ats, s->n_ats, pci->bdf))
            list_add(&ats, pci->bdf);
    }
    if (permissive.n) {
        finding_add(out, FINDING_WARN, "permissive", dom->name, "permissive lets it write every "
                    "configuration register of%s", permissive.s);
        finding_remedy(out, "xvtd detach %s%s && xvtd assign %s%s", DOMAIN_ARG(dom), permissive.s,
                       DOMAIN_ARG(dom), permissive.s);
    }
    if (ats.n) {
        finding_add(out, FINDING_WARN, "ats", dom->name, "with ATS on, the IOMMU trusts addresses "
                    "that%s %s to have translated", ats.s, ats.n == 1 ? "says" : "say");
        finding_remedy(out, "take ats off Xen's command line (GRUB_CMDLINE_XEN_DEFAULT), then "
                       "update-grub and reboot");
    }
    if (all.n && dom->type == HV_PV) {
        finding_add(out, FINDING_WARN, "pv", dom->name, "it is a PV guest with%s: such guests can "
                    "attack Xen in ways that HVM guests cannot", all.s);
        finding_remedy(out, "make it an HVM guest: type = \"hvm\" in its cfg");
    }
}

void judge_security(const struct facts *f, const struct security *s, struct findings *out)
{
    if (s->all_permissive) {
        finding_add(out, FINDING_WARN, "permissive", "host", "xen-pciback's parameter permissive "
                    "lets every guest write every configuration register of its devices");
        finding_remedy(out, "echo N >/sys/module/xen_pciback/parameters/permissive; for the next "
                       "boot take it out of /etc/modprobe.d or off dom0's command line");
    }
    for (size_t d = 0; d < f->n_domains; d++)
        if (!f->dom || f->dom->domid == f->domains[d].domid)
            judge_guest(f, s, &f->domains[d], out);
}
