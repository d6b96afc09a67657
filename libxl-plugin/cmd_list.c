/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list: the host's devices, who has them and what has become of them. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "domain.h"
#include "groups.h"
#include "inventory.h"
#include "table.h"
#include "xvtd.h"

enum { O_ALL = 1 };

static const struct cli_option options[] = {
    { O_ALL, 'a', "all", CLI_NO_ARG, NULL, "bridges too" },
    { 0 },
};

/* What Xen says, where there is a Xen to ask; empty on a captured machine. */
struct owners {
    struct hv_domain *domains;
    size_t n_domains;
    struct guest_pci *assigned;
    size_t n_assigned;
};

static int gather(struct xvtd *x, struct owners *o, struct err *e)
{
    int r;

    if (!root_is_host(x->root) || !root_existsf(x->root, "proc/xen/capabilities"))
        return 0;
    r = xvtd_hv(x, e);
    if (!r)
        r = hv_domains(x->hv, &o->domains, &o->n_domains, e);
    if (!r)
        r = hv_assigned(x->hv, &o->assigned, &o->n_assigned, e);
    return r;
}

static const char *state_of(const struct pci_function *f, const struct guest_pci *owner)
{
    if (f->bridge)
        return "bridge";
    if (owner)
        return "assigned";
    if (!strcmp(f->driver, "pciback"))
        return "assignable";
    return *f->driver ? "dom0" : "unbound";
}

static void list_json(struct json *json, struct inventory *inv, const struct groups *g,
                      const struct pci_function *f, const struct guest_pci *owner,
                      const struct owners *o)
{
    const struct hv_domain *dom =
        owner ? domain_by_id(o->domains, o->n_domains, owner->domid) : NULL;
    char name[160], class_name[80];

    inventory_name(inv, f, name, sizeof(name));
    inventory_class_name(inv, f, class_name, sizeof(class_name));
    json_object(json, NULL);
    json_str(json, "bdf", BDF_STR(f->bdf));
    json_strf(json, "class", "0x%06x", f->class);
    json_str(json, "class_name", class_name);
    json_strf(json, "vendor", "0x%04x", f->vendor);
    json_strf(json, "device", "0x%04x", f->device);
    json_str(json, "name", name);
    json_str(json, "driver", *f->driver ? f->driver : NULL);
    json_int(json, "group", groups_of(g, f->bdf)->id);
    json_str(json, "state", state_of(f, owner));
    if (owner) {
        json_object(json, "domain");
        json_int(json, "id", owner->domid);
        json_str(json, "name", dom ? dom->name : NULL);
        json_end_object(json);
    } else {
        json_null(json, "domain");
    }
    if (owner && owner->vslot)
        json_strf(json, "vslot", "0x%02x", owner->vslot);
    else
        json_null(json, "vslot");
    json_end_object(json);
}

static int list_row(struct table *table, struct inventory *inv, const struct groups *g,
                    const struct pci_function *f, const struct guest_pci *owner,
                    const struct owners *o, struct err *e)
{
    char name[160], vslot[16] = "", group[16];

    inventory_name(inv, f, name, sizeof(name));
    if (owner && owner->vslot)
        snprintf(vslot, sizeof(vslot), "0x%02x", owner->vslot);
    snprintf(group, sizeof(group), "%u", groups_of(g, f->bdf)->id);
    return table_row(table, (const char *[]){
        BDF_STR(f->bdf), *f->driver ? f->driver : "-", group, state_of(f, owner),
        owner ? domain_label(o->domains, o->n_domains, owner->domid).operand : "", vslot, name,
    }, e);
}

static int print_list(struct xvtd *x, struct inventory *inv, const struct groups *g,
                      const struct owners *o, bool all, struct err *e)
{
    static const struct table_column columns[] = {
        { "BDF", 0 }, { "DRIVER", 0 }, { "GROUP", TABLE_RIGHT }, { "STATE", 0 }, { "DOMAIN", 0 },
        { "VSLT", 0 }, { "DEVICE", TABLE_TRUNC }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    struct json *json = x->json ? xvtd_json(x) : NULL;
    int r = 0;

    if (!table || (x->json && !json))
        return err_nomem(e);
    if (json)
        json_array(json, "devices");
    for (size_t i = 0; !r && i < inventory_count(inv); i++) {
        const struct pci_function *f = inventory_at(inv, i);
        const struct guest_pci *owner = guest_pci_find(o->assigned, o->n_assigned, f->bdf);

        if (f->bridge && !all)
            continue;
        if (json)
            list_json(json, inv, g, f, owner, o);
        else
            r = list_row(table, inv, g, f, owner, o, e);
    }
    if (json)
        json_end_array(json);
    return json || r ? r : table_write(table, stdout, e);
}

static int run_list(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    CLEANUP(groups_close_p) struct groups *g = NULL;
    struct owners o = { .n_domains = 0 };
    struct xvtd *x = program;
    int r = inventory_open(&inv, x->root, e);

    if (!r)
        r = groups_open(&g, x->root, inv, e);
    if (!r)
        r = gather(x, &o, e);
    if (!r)
        r = print_list(x, inv, g, &o, cli_has(args, O_ALL), e);
    free(o.domains);
    free(o.assigned);
    return r;
}

const struct cli_command cmd_list = {
    .name = "list",
    .operands = "",
    .summary = "list the host's devices",
    .options = options,
    .flags = CMD_ROOT,
    .run = run_list,
};
