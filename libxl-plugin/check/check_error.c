/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check_error.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "session/domain.h"

static unsigned long count_of(const struct root *root, struct bdf bdf)
{
    static const char total[] = "TOTAL_ERR_FATAL ";
    char text[1024];
    const char *at;

    if (root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/aer_dev_fatal",
                   BDF_STR(bdf)) <= 0)
        return 0;   /* without AER there is no such file */
    at = strstr(text, total);
    return at ? strtoul(at + strlen(total), NULL, 10) : 0;
}

int fatal_errors_read(struct fatal_errors *ret, const struct root *root, const struct facts *f,
                      struct err *e)
{
    for (size_t i = 0; i < f->n_assigned; i++) {
        const struct guest_pci *pci = &f->assigned[i];
        unsigned long count = 0;

        if (!f->dom || pci->domid == f->dom->domid)
            count = count_of(root, pci->bdf);
        if (!count)
            continue;
        if (ARRAY_GROW(ret->list, ret->n))
            return err_nomem(e);
        ret->list[ret->n++] = (struct fatal_error){ pci->bdf, pci->domid, count };
    }
    return 0;
}

void judge_fatal_errors(const struct facts *f, const struct fatal_errors *errors,
                        struct findings *out)
{
    for (size_t i = 0; i < errors->n; i++) {
        const struct fatal_error *error = &errors->list[i];
        struct domain_label label = domain_label(f->domains, f->n_domains, error->domid);

        finding_add(out, FINDING_WARN, "error", BDF_STR(error->bdf), "it had %lu fatal PCI error%s "
                    "(AER), and %s has it", error->count, error->count == 1 ? "" : "s", label.s);
        finding_remedy(out, "dmesg | grep %s; then xvtd detach %s %s, and assign it again",
                       BDF_STR(error->bdf), label.operand, BDF_STR(error->bdf));
    }
}
