/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci-list: a guest's devices, in the table of xm. */
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/document.h"
#include "base/out.h"
#include "base/table.h"
#include "session/domain.h"
#include "session/xvtd.h"

enum { O_XL = 1 };

static const struct cli_option options[] = {
    { O_XL, 0, "xl", CLI_NO_ARG, NULL, "print the table that xl pci-list prints" },
    { 0 },
};

static int by_slot(const void *a, const void *b)
{
    const struct guest_pci *x = a, *y = b;

    if (x->vslot != y->vslot)
        return x->vslot < y->vslot ? -1 : 1;
    if (x->vfunc != y->vfunc)
        return x->vfunc < y->vfunc ? -1 : 1;
    return bdf_compare(x->bdf, y->bdf);
}

/* xl pci-list's own columns (tools/xl/xl_pci.c, pcilist()). */
static void print_xl(const struct guest_pci *list, size_t n)
{
    if (n)
        out_line("Vdev Device");
    for (size_t i = 0; i < n; i++)
        out_line("%02x.%01x %s", list[i].vslot, list[i].vfunc, BDF_STR(list[i].bdf));
}

static int print_xm(const struct guest_pci *list, size_t n, struct err *e)
{
    static const struct table_column columns[] = {
        { "VSlt", 0 }, { "domain", 0 }, { "bus", 0 }, { "slot", 0 }, { "func", 0 }, { NULL, 0 },
    };
    static const struct table_column with_vfunc[] = {
        { "VSlt", 0 }, { "domain", 0 }, { "bus", 0 }, { "slot", 0 }, { "func", 0 },
        { "VFn", 0 }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = NULL;
    bool vfuncs = false;
    int r = 0;

    for (size_t i = 0; i < n; i++)
        vfuncs |= list[i].vfunc != 0;
    table = table_new(vfuncs ? with_vfunc : columns);
    if (!table)
        return err_nomem(e);
    for (size_t i = 0; !r && i < n; i++) {
        char cell[6][16];
        const char *cells[6] = { cell[0], cell[1], cell[2], cell[3], cell[4], cell[5] };

        snprintf(cell[0], sizeof(cell[0]), "0x%02x", list[i].vslot);
        snprintf(cell[1], sizeof(cell[1]), "0x%04x", (unsigned)list[i].bdf.segment);
        snprintf(cell[2], sizeof(cell[2]), "0x%02x", list[i].bdf.bus);
        snprintf(cell[3], sizeof(cell[3]), "0x%02x", list[i].bdf.slot);
        snprintf(cell[4], sizeof(cell[4]), "0x%x", list[i].bdf.func);
        snprintf(cell[5], sizeof(cell[5]), "0x%x", list[i].vfunc);
        r = table_row(table, cells, e);
    }
    return r ? r : table_write(table, stdout, e);
}

static int print_json(struct xvtd *x, const struct hv_domain *dom, const struct guest_pci *list,
                      size_t n, struct err *e)
{
    struct json *json = xvtd_json(x);

    if (!json)
        return err_nomem(e);
    document_domain(json, dom->domid, dom->name);
    json_array(json, "devices");
    for (size_t i = 0; i < n; i++) {
        json_object(json, NULL);
        json_str(json, "bdf", BDF_STR(list[i].bdf));
        document_place(json, list[i].vslot, list[i].vfunc);
        json_bool(json, "permissive", list[i].permissive);
        json_bool(json, "msitranslate", list[i].msitranslate);
        json_bool(json, "power_mgmt", list[i].power_mgmt);
        json_str(json, "rdm_policy",
                 list[i].rdm_policy == GUEST_RDM_RELAXED ? "relaxed" : "strict");
        json_end_object(json);
    }
    json_end_array(json);
    return 0;
}

static int run_pci_list(void *program, const struct cli_args *args, struct err *e)
{
    struct xvtd *x = program;
    AUTO_FREE struct hv_domain *domains = NULL;
    AUTO_FREE struct guest_pci *assigned = NULL;
    const struct hv_domain *dom = NULL;
    size_t n_domains = 0, n = 0;
    int r;

    r = xvtd_hv(x, e);
    if (!r)
        r = hv_domain_names(x->hv, &domains, &n_domains, e);
    if (!r)
        r = domain_find(domains, n_domains, args->operands[0], &dom, e);
    if (!r)
        r = hv_assigned_to(x->hv, dom->domid, &assigned, &n, e);
    if (r)
        return r;
    if (n)
        qsort(assigned, n, sizeof(*assigned), by_slot);
    if (x->json)
        return print_json(x, dom, assigned, n, e);
    if (cli_has(args, O_XL)) {
        print_xl(assigned, n);
        return 0;
    }
    return print_xm(assigned, n, e);
}

const struct cli_command cmd_pci_list = {
    .name = "pci-list",
    .operands = "DOMAIN",
    .summary = "list the PCI devices of a guest",
    .example = "xvtd pci-list vm1",
    .min = 1,
    .max = 1,
    .options = options,
    .run = run_pci_list,
};
