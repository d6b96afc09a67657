/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups: which of the host's functions belong together, and why. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "base/table.h"
#include "groups/groups.h"
#include "session/device.h"
#include "session/xvtd.h"

/* The groups to be shown: all, or those of the functions that an operand names. */
struct selection {
    bool all;
    bool *chosen;   /* by group id */
};

static bool shown(const struct selection *s, const struct group *group)
{
    return s->all || s->chosen[group->id];
}

static int choose(struct xvtd *x, const struct inventory *inv, const struct groups *g,
                  const char *operand, struct selection *s, struct err *e)
{
    AUTO_FREE struct bdf *bdfs = NULL;
    size_t n = 0;
    int r = device_find(x, inv, operand, &bdfs, &n, e);

    for (size_t i = 0; !r && i < n; i++)
        s->chosen[groups_of(g, bdfs[i])->id] = true;
    return r;
}

static bool concerns(const struct groups *g, const struct group_warning *w,
                     const struct selection *s)
{
    for (size_t i = 0; i < w->n_devices; i++)
        if (shown(s, groups_of(g, w->devices[i])))
            return true;
    return !w->n_devices && s->all;
}

static void group_json(struct json *json, const struct inventory *inv, const struct groups *g,
                       const struct group *group)
{
    json_object(json, NULL);
    json_int(json, "id", group->id);
    json_array(json, "devices");
    for (size_t i = 0; i < group->n_members; i++)
        json_str(json, NULL, BDF_STR(inventory_at(inv, group->members[i])->bdf));
    json_end_array(json);
    json_array(json, "edges");
    for (size_t i = 0; i < group->n_edges; i++) {
        const struct topology_edge *edge = &group->edges[i];
        char reason[GROUP_REASON_MAX];

        groups_reason(g, edge, reason);
        json_object(json, NULL);
        json_str(json, "from", BDF_STR(inventory_at(inv, edge->from)->bdf));
        json_str(json, "to", BDF_STR(inventory_at(inv, edge->to)->bdf));
        json_str(json, "kind", topology_kind_name(edge->kind));
        json_str(json, "reason", reason);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static int print_json(struct xvtd *x, const struct inventory *inv, const struct groups *g,
                      const struct selection *s, const struct group_warning *warnings, size_t n,
                      struct err *e)
{
    struct json *json = xvtd_json(x);

    if (!json)
        return err_nomem(e);
    json_array(json, "groups");
    for (size_t i = 0; i < groups_count(g); i++)
        if (shown(s, groups_at(g, i)))
            group_json(json, inv, g, groups_at(g, i));
    json_end_array(json);
    json_array(json, "warnings");
    for (size_t i = 0; i < n; i++) {
        if (!concerns(g, &warnings[i], s))
            continue;
        json_object(json, NULL);
        json_str(json, "kind", warnings[i].kind);
        json_array(json, "devices");
        for (size_t d = 0; d < warnings[i].n_devices; d++)
            json_str(json, NULL, BDF_STR(warnings[i].devices[d]));
        json_end_array(json);
        json_str(json, "message", warnings[i].message);
        json_end_object(json);
    }
    json_end_array(json);
    return 0;
}

/* The edge in short, for a column. */
static void why(const struct inventory *inv, const struct topology_edge *edge, char *buf,
                size_t size)
{
    struct bdf_text to = bdf_text(inventory_at(inv, edge->to)->bdf);
    struct bdf_text culprit = bdf_text(inventory_at(inv, edge->culprit)->bdf);

    switch (edge->kind) {
    case EDGE_SAME_REQUESTER:
        snprintf(buf, size, "requester id of %s", culprit.s);
        break;
    case EDGE_DMA_ALIAS:
        snprintf(buf, size, "one requester id with %s", to.s);
        break;
    case EDGE_UNKNOWN_ABOVE:
        snprintf(buf, size, "what is above it is unknown");
        break;
    case EDGE_NO_ACS_PATH:
        snprintf(buf, size, "no ACS at %s", culprit.s);
        break;
    case EDGE_NO_ACS_MULTIFUNCTION:
        snprintf(buf, size, "no ACS between functions");
        break;
    }
}

static int group_rows(struct table *table, struct inventory *inv, const struct group *group,
                      struct err *e)
{
    const struct topology_edge *edges = group->edges, *end = edges + group->n_edges;
    char id[16];
    int r = 0;

    snprintf(id, sizeof(id), "%u", group->id);
    for (size_t i = 0; !r && i < group->n_members; i++) {
        const struct pci_function *f = inventory_at(inv, group->members[i]);
        const struct topology_edge *edge = NULL;
        char reason[64] = "", name[160];

        /* Edges and members ascend alike. */
        while (edges < end && edges->from < group->members[i])
            edges++;
        if (edges < end && edges->from == group->members[i])
            edge = edges;
        if (edge)
            why(inv, edge, reason, sizeof(reason));
        inventory_name(inv, f, name, sizeof(name));
        r = table_row(table, (const char *[]){
            i ? "" : id, BDF_STR(f->bdf), *f->driver ? f->driver : "-", reason, name,
        }, e);
    }
    return r;
}

static int print_warning(const struct group_warning *warning, struct err *e)
{
    AUTO_FREE char *devices = NULL;
    size_t len;
    FILE *f = open_memstream(&devices, &len);

    if (!f)
        return err_nomem(e);
    for (size_t i = 0; i < warning->n_devices; i++)
        fprintf(f, "%s%s", i ? " " : ": ", BDF_STR(warning->devices[i]));
    if (fclose(f))
        return err_nomem(e);
    out_line("warning: %s%s", warning->message, devices);
    return 0;
}

static int print_text(struct inventory *inv, const struct groups *g, const struct selection *s,
                      const struct group_warning *warnings, size_t n, struct err *e)
{
    static const struct table_column columns[] = {
        { "GROUP", TABLE_RIGHT }, { "BDF", 0 }, { "DRIVER", 0 }, { "TIED BY", 0 },
        { "DEVICE", TABLE_TRUNC }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    int r = table ? 0 : err_nomem(e);

    for (size_t i = 0; !r && i < groups_count(g); i++)
        if (shown(s, groups_at(g, i)))
            r = group_rows(table, inv, groups_at(g, i), e);
    if (!r)
        r = table_write(table, stdout, e);
    for (size_t i = 0; !r && i < n; i++) {
        if (!concerns(g, &warnings[i], s))
            continue;
        r = print_warning(&warnings[i], e);
    }
    return r;
}

static int run_groups(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    CLEANUP(groups_close_p) struct groups *g = NULL;
    AUTO_FREE bool *chosen = NULL;
    struct selection s = { .all = !args->n_operands };
    struct group_warning *warnings = NULL;
    struct xvtd *x = program;
    size_t n = 0;
    int r = inventory_open(&inv, x->root, e);

    if (r)
        return r;
    device_problems(x, inv);
    r = groups_open(&g, x->root, inv, e);
    if (r)
        return r;
    s.chosen = chosen = calloc(inventory_count(inv) + 1, sizeof(*chosen));
    if (!chosen)
        return err_nomem(e);
    if (args->n_operands)
        r = choose(x, inv, g, args->operands[0], &s, e);
    if (!r)
        r = groups_warnings(g, x->root, &warnings, &n, e);
    if (!r)
        r = x->json ? print_json(x, inv, g, &s, warnings, n, e)
                    : print_text(inv, g, &s, warnings, n, e);
    group_warnings_free(warnings, n);
    return r;
}

const struct cli_command cmd_groups = {
    .name = "groups",
    .operands = "[DEVICE]",
    .summary = "show which devices belong together, and why",
    .details = "A group is what an IOMMU cannot keep apart, as Linux would form it; Xen forms "
               "none.\nFunctions with one requester id never part; those without ACS between "
               "them do not go\nto different guests.  DEVICE is a BDF, or an interface or a block device.\n",
    .max = 1,
    .flags = CMD_ROOT,
    .run = run_groups,
};
