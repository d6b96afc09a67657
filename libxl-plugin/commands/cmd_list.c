/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list: the host's devices, their owners and their states. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "base/table.h"
#include "commands/device_row.h"
#include "driver/history.h"
#include "hide/hide.h"
#include "pci/pci_class.h"
#include "session/device.h"

enum { O_ALL = 1, O_CLASS };

static const struct cli_option options[] = {
    { O_ALL, 'a', "all", CLI_NO_ARG, NULL, "show bridges and chipset devices too" },
    { O_CLASS, 0, "class", CLI_ARG, "CLASS", "list only these classes, e.g. network,usb,03" },
    { 0 },
};

/* The rows, and how many are left out. */
struct listing {
    struct xvtd *x;
    struct inventory *inv;
    const struct groups *g;
    const struct names *given;
    const struct kdevs *kdevs;
    const struct facts *facts;
    bool all;
    const char *classes;    /* NULL: all classes */
    struct json *json;      /* or NULL, then the table */
    struct table *table;
    size_t bridges, platform;
};

/* Guests and their devices, and for each function in pciback whether a QEMU still has it. */
static int gather(struct xvtd *x, const struct inventory *inv, struct facts *facts,
                  struct err *e)
{
    AUTO_FREE struct bdf *waiting = calloc(inventory_count(inv) + 1, sizeof(*waiting));
    size_t n = 0;
    int r;

    if (!waiting)
        return err_nomem(e);
    r = device_hv(x, e);
    if (r || !x->hv)
        return r;
    for (size_t i = 0; i < inventory_count(inv); i++)
        if (!strcmp(inventory_at(inv, i)->driver, PCIBACK))
            waiting[n++] = inventory_at(inv, i)->bdf;
    facts->all_entries = true;
    return facts_gather(facts, x->root, x->hv, NULL, inv, NULL, waiting, n, e);
}

/*
 * Takes only xl's names of pciback's devices: the others are in the file, and were found already.
 */
static void find_name(struct xvtd *x, const struct names *names, struct device_row *row)
{
    AUTO_FREE char *xls = NULL;
    struct err ignored;

    for (size_t i = 0; i < names->n; i++)
        if ((names->list[i].place == NAME_HERE || names->list[i].place == NAME_MOVED) &&
            bdf_equal(names->list[i].at, row->f->bdf))
            strcpy(row->given, names->list[i].name);
    if (!*row->given && x->hv && !strcmp(row->f->driver, PCIBACK) &&
        !record_get(hv_records(x->hv), row->f->bdf, "name", &xls, &ignored) && xls &&
        device_name_valid(xls))
        strcpy(row->given, xls);
}

static int read_names(struct xvtd *x, struct names *names, struct err *e)
{
    int r = names_read(x->root, names, e);

    for (size_t i = 0; !r && i < names->n; i++)
        r = names_locate(x->root, &names->list[i], e);
    return r;
}

/* The user's name shares the column with dom0's names for it. */
static int list_row(struct listing *l, const struct device_row *row, struct err *e)
{
    char vslot[16] = "", group[16], domain[16], name[160] = "";
    AUTO_FREE char *used_as = device_row_used_as(row), *names = NULL;
    bool reserved = row->libvirt && !row->has_domain;

    if (!used_as || asprintf(&names, "%s%s%s%s%s", row->given,
                             *row->given && (*used_as || reserved) ? ", " : "", used_as,
                             reserved ? "libvirt's list of " : "",
                             reserved ? row->libvirt : "") < 0) {
        names = NULL;
        return err_nomem(e);
    }
    if (row->vslot)
        snprintf(vslot, sizeof(vslot), "0x%02x", row->vslot);
    snprintf(group, sizeof(group), row->gone ? "-" : "%u", row->group);
    if (row->f->vendor != PCI_NO_ID)
        inventory_short_name(l->inv, row->f, name, sizeof(name));
    return table_row(l->table, (const char *[]){
        BDF_STR(row->f->bdf), row->gone ? "-" : pci_class_word(row->f->class),
        *row->f->driver ? row->f->driver : "-",
        group, row->state, device_row_domain(row, domain, sizeof(domain)), vslot, names, name,
    }, e);
}

static int print_row(struct listing *l, const struct device_row *row, struct err *e)
{
    if (!l->json)
        return list_row(l, row, e);
    json_object(l->json, NULL);
    device_row_json(l->json, row);
    json_end_object(l->json);
    return 0;
}

/* Functions of the chipset or processor that are not hidden, held, named or assigned. */
static bool is_platform(const struct listing *l, const struct device_row *row)
{
    const struct topology_fn *fn = &groups_facts(l->g)[row->f - inventory_at(l->inv, 0)];

    return topology_is_platform(fn) && !*row->given &&
           (!strcmp(row->state, "unbound") || !strcmp(row->state, "dom0")) &&
           !(root_existsf(l->x->root, "sys/module/xen_pciback") &&
             hide_at_boot(l->x->root, row->f->bdf));
}

static int list_function(struct listing *l, const struct pci_function *f, struct err *e)
{
    struct device_row row;

    if (l->classes ? !pci_class_among(f->class, l->classes) : f->bridge && !l->all) {
        l->bridges += !l->classes;
        return 0;
    }
    device_row(l->facts, l->inv, l->g, l->kdevs, f, &row);
    find_name(l->x, l->given, &row);
    if (!l->json && !l->all && !l->classes && is_platform(l, &row)) {
        l->platform++;
        return 0;
    }
    return print_row(l, &row, e);
}

/* A function that a guest has by xenstore, and the host does not have: the records tell its ids. */
static int list_gone(struct listing *l, const struct guest_pci *owner, struct err *e)
{
    struct pci_function f = { .bdf = owner->bdf, .vendor = PCI_NO_ID, .device = PCI_NO_ID,
                              .class = PCI_NO_CLASS };
    char text[IDENTITY_TEXT_MAX];
    struct identity id;
    struct device_row row;

    history_identity(l->x->root, f.bdf, text);
    if (identity_parse(text, &id)) {
        f.vendor = id.vendor;
        f.device = id.device;
    }
    device_row_gone(l->facts, l->inv, owner, &f, &row);
    return print_row(l, &row, e);
}

static int list_all_gone(struct listing *l, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && !l->classes && i < l->facts->n_assigned; i++)
        if (!inventory_find(l->inv, l->facts->assigned[i].bdf))
            r = list_gone(l, &l->facts->assigned[i], e);
    return r;
}

static int print_list(struct listing *l, struct err *e)
{
    static const struct table_column columns[] = {
        { "BDF", 0 }, { "CLASS", 0 }, { "DRIVER", 0 }, { "GROUP", TABLE_RIGHT }, { "STATE", 0 },
        { "DOMAIN", 0 }, { "VSLT", 0 }, { "USED AS", TABLE_TRUNC_TTY }, { "DEVICE", TABLE_TRUNC },
        { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    int r = 0;

    l->table = table;
    l->json = l->x->json ? xvtd_json(l->x) : NULL;
    if (!table || (l->x->json && !l->json))
        return err_nomem(e);
    if (l->json)
        json_array(l->json, "devices");
    for (size_t i = 0; !r && i < inventory_count(l->inv); i++)
        r = list_function(l, inventory_at(l->inv, i), e);
    if (!r)
        r = list_all_gone(l, e);
    if (l->json)
        json_end_array(l->json);
    if (l->json || r)
        return r;
    r = table_write(table, stdout, e);
    if (!r && l->bridges + l->platform)
        out_paragraph(2, "not shown: %zu %s and %zu of the chipset's and the processors' own "
                      "functions; --all shows them", l->bridges,
                      l->bridges == 1 ? "bridge" : "bridges", l->platform);
    return r;
}

static int run_list(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    CLEANUP(groups_close_p) struct groups *g = NULL;
    CLEANUP(kdevs_close_p) struct kdevs *kdevs = NULL;
    CLEANUP(facts_clear) struct facts facts = { .n_fns = 0 };
    CLEANUP(names_clear) struct names names = { .n = 0 };
    struct xvtd *x = program;
    struct listing l = { .x = x, .all = cli_has(args, O_ALL), .classes = cli_value(args, O_CLASS) };
    int r = l.classes ? pci_class_check_list(l.classes, e) : 0;

    if (!r)
        r = inventory_open(&inv, x->root, e);
    if (r)
        return r;
    device_problems(x, inv);
    r = groups_open(&g, x->root, inv, e);
    if (!r)
        r = kdevs_open(&kdevs, x->root, e);
    if (!r)
        r = gather(x, inv, &facts, e);
    if (!r)
        r = read_names(x, &names, e);
    l.inv = inv;
    l.g = g;
    l.given = &names;
    l.kdevs = kdevs;
    l.facts = &facts;
    return r ? r : print_list(&l, e);
}

const struct cli_command cmd_list = {
    .name = "list",
    .operands = "",
    .summary = "list the host's devices, their drivers and guests",
    .details =
        "The text leaves out bridges and devices that only the chipset uses; its last\n"
        "line counts them. --json leaves out bridges only.\n",
    .example = "xvtd list --class=network,usb",
    .options = options,
    .flags = CMD_ROOT,
    .run = run_list,
};
