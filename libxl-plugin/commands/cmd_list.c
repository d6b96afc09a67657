/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list: the host's devices, who has them and what has become of them. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "commands/device_row.h"
#include "session/device.h"

enum { O_ALL = 1 };

static const struct cli_option options[] = {
    { O_ALL, 'a', "all", CLI_NO_ARG, NULL, "bridges too" },
    { 0 },
};

/*
 * Guests and what they have, and for each function that waits in pciback whether a QEMU
 * has not let go of it.
 */
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
    return facts_gather(facts, x->root, x->hv, NULL, inv, NULL, waiting, n, e);
}

/* Only xl's, of what pciback has: the others are in the file, each looked for once. */
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

/* A name that people gave it is in the column of those that dom0 has for it. */
static int list_row(struct table *table, const struct device_row *row, struct err *e)
{
    char vslot[16] = "", group[16], domain[16], used_as[64], names[DEVICE_NAME_MAX + 68];

    if (row->vslot)
        snprintf(vslot, sizeof(vslot), "0x%02x", row->vslot);
    snprintf(group, sizeof(group), "%u", row->group);
    device_row_used_as(row, used_as, sizeof(used_as));
    snprintf(names, sizeof(names), "%s%s%s", row->given, *row->given && *used_as ? ", " : "",
             used_as);
    return table_row(table, (const char *[]){
        BDF_STR(row->f->bdf), *row->f->driver ? row->f->driver : "-", group, row->state,
        device_row_domain(row, domain, sizeof(domain)), vslot, names, row->name,
    }, e);
}

static int print_list(struct xvtd *x, struct inventory *inv, const struct groups *g,
                      const struct names *given,
                      const struct kdevs *kdevs, const struct facts *facts, bool all,
                      struct err *e)
{
    static const struct table_column columns[] = {
        { "BDF", 0 }, { "DRIVER", 0 }, { "GROUP", TABLE_RIGHT }, { "STATE", 0 }, { "DOMAIN", 0 },
        { "VSLT", 0 }, { "USED AS", TABLE_TRUNC }, { "DEVICE", TABLE_TRUNC }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    struct json *json = x->json ? xvtd_json(x) : NULL;
    int r = 0;

    if (!table || (x->json && !json))
        return err_nomem(e);
    table_fit(table, 100);
    if (json)
        json_array(json, "devices");
    for (size_t i = 0; !r && i < inventory_count(inv); i++) {
        struct device_row row;

        if (inventory_at(inv, i)->bridge && !all)
            continue;
        device_row(facts, inv, g, kdevs, inventory_at(inv, i), &row);
        find_name(x, given, &row);
        if (json) {
            json_object(json, NULL);
            device_row_json(json, &row);
            json_end_object(json);
        } else {
            r = list_row(table, &row, e);
        }
    }
    if (json)
        json_end_array(json);
    return json || r ? r : table_write(table, stdout, e);
}

static int run_list(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    CLEANUP(groups_close_p) struct groups *g = NULL;
    CLEANUP(kdevs_close_p) struct kdevs *kdevs = NULL;
    CLEANUP(facts_clear) struct facts facts = { .n_fns = 0 };
    CLEANUP(names_clear) struct names names = { .n = 0 };
    struct xvtd *x = program;
    int r = inventory_open(&inv, x->root, e);

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
    if (!r)
        r = print_list(x, inv, g, &names, kdevs, &facts, cli_has(args, O_ALL), e);
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
