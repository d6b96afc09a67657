/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups: which of the host's functions belong together, and why. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "base/table.h"
#include "driver/driver.h"
#include "groups/groups.h"
#include "pci/pci_class.h"
#include "session/device.h"
#include "session/xvtd.h"

enum { O_ALL = 1, O_SHARED };

static const struct cli_option options[] = {
    { O_ALL, 'a', "all", CLI_NO_ARG, NULL, "show groups of bridges and chipset devices too" },
    { O_SHARED, 0, "shared", CLI_NO_ARG, NULL, "show only groups of several devices" },
    { 0 },
};

/* The groups to show: all, or those of the functions that an operand names. */
struct selection {
    const struct inventory *inv;
    const struct groups *g;
    bool all;
    bool *chosen;   /* by group id */
    bool shared;    /* of these only the shared ones */
    bool platform;  /* show the chipset's own functions in text too */
};

static bool is_shared(const struct selection *s, const struct group *group)
{
    size_t n = 0;

    for (size_t i = 0; i < group->n_members; i++)
        n += !inventory_at(s->inv, group->members[i])->bridge;
    return n > 1;
}

static bool shown(const struct selection *s, const struct group *group)
{
    return (s->all || s->chosen[group->id]) && (!s->shared || is_shared(s, group));
}

/* Does a person care about these functions (by list's rule)? */
static bool matters(const struct selection *s, const struct group *group)
{
    for (size_t i = 0; i < group->n_members; i++) {
        const struct pci_function *f = inventory_at(s->inv, group->members[i]);

        if (!f->bridge && (!topology_is_platform(&groups_facts(s->g)[group->members[i]]) ||
                           (*f->driver && !driver_is_native(f->driver))))
            return true;
    }
    return s->platform || !s->all;
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

/* The reason in short, for a column. */
static void why(const struct inventory *inv, const struct topology_edge *edge, char *buf,
                size_t size)
{
    struct bdf_text to = bdf_text(inventory_at(inv, edge->to)->bdf);
    struct bdf_text culprit = bdf_text(inventory_at(inv, edge->culprit)->bdf);

    switch (edge->kind) {
    case EDGE_SAME_REQUESTER:
        snprintf(buf, size, "requester ID of %s", culprit.s);
        break;
    case EDGE_DMA_ALIAS:
        snprintf(buf, size, "same requester ID as %s", to.s);
        break;
    case EDGE_UNKNOWN_ABOVE:
        snprintf(buf, size, "path above it unknown");
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

        /* Edges and members have the same order. */
        while (edges < end && edges->from < group->members[i])
            edges++;
        if (edges < end && edges->from == group->members[i])
            edge = edges;
        if (edge)
            why(inv, edge, reason, sizeof(reason));
        inventory_short_name(inv, f, name, sizeof(name));
        r = table_row(table, (const char *[]){
            i ? "" : id, BDF_STR(f->bdf), pci_class_word(f->class),
            *f->driver ? f->driver : "-", reason, name,
        }, e);
    }
    return r;
}

#define DEVICES_NAMED 6

/* ": 0000:02:00.0 0000:03:00.0", the first devices; the caller frees it. */
static char *name_devices(const struct group_warning *w)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    if (!f)
        return NULL;
    for (size_t i = 0; i < w->n_devices && (i < DEVICES_NAMED || w->n_devices == i + 1); i++)
        fprintf(f, "%s%s", i ? " " : ": ", BDF_STR(w->devices[i]));
    if (w->n_devices > DEVICES_NAMED + 1)
        fprintf(f, " and %zu more", w->n_devices - DEVICES_NAMED);
    if (fclose(f)) {
        free(text);
        text = NULL;
    }
    return text;
}

/* Prints the warnings of one kind, with a heading if there are several. */
static int print_kind(const struct group_warning *const *w, size_t n, struct err *e)
{
    const char *heading = n > 1 ? group_warning_heading(w[0]->kind) : NULL;

    if (heading)
        out_paragraph(4, "warning: %s", heading);
    for (size_t i = 0; i < n; i++) {
        AUTO_FREE char *devices = name_devices(w[i]);

        if (!devices)
            return err_nomem(e);
        if (heading)
            out_paragraph(6, "    %s%s", w[i]->what, devices);
        else
            out_paragraph(4, "warning: %s%s", w[i]->message, devices);
    }
    return 0;
}

static int print_warnings(const struct groups *g, const struct selection *s,
                          const struct group_warning *warnings, size_t n, struct err *e)
{
    AUTO_FREE const struct group_warning **list = calloc(n + 1, sizeof(*list));
    size_t kept = 0;
    int r = list ? 0 : err_nomem(e);

    for (size_t i = 0; !r && i < n; i++)
        if (concerns(g, &warnings[i], s))
            list[kept++] = &warnings[i];
    for (size_t i = 0, end; !r && i < kept; i = end) {
        for (end = i + 1; end < kept && !strcmp(list[end]->kind, list[i]->kind);)
            end++;
        r = print_kind(&list[i], end - i, e);
    }
    return r;
}

static int print_text(struct inventory *inv, const struct groups *g, const struct selection *s,
                      const struct group_warning *warnings, size_t n, struct err *e)
{
    static const struct table_column columns[] = {
        { "GROUP", TABLE_RIGHT }, { "BDF", 0 }, { "CLASS", 0 }, { "DRIVER", 0 },
        { "TIED BY", 0 }, { "DEVICE", TABLE_TRUNC }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    int r = table ? 0 : err_nomem(e);
    size_t left_out = 0;

    for (int alone = 0; !r && alone < 2; alone++)
        for (size_t i = 0; !r && i < groups_count(g); i++) {
            const struct group *group = groups_at(g, i);

            if (!shown(s, group) || is_shared(s, group) == alone)
                continue;
            if (matters(s, group))
                r = group_rows(table, inv, group, e);
            else
                left_out++;
        }
    if (!r)
        r = table_write(table, stdout, e);
    if (!r && left_out)
        out_paragraph(2, "not shown: %zu %s of bridges and of the chipset's and the processors' own "
                      "functions; --all shows %s", left_out, left_out == 1 ? "group" : "groups",
                      left_out == 1 ? "it" : "them");
    return r ? r : print_warnings(g, s, warnings, n, e);
}

static int run_groups(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    CLEANUP(groups_close_p) struct groups *g = NULL;
    AUTO_FREE bool *chosen = NULL;
    struct selection s = {
        .all = !args->n_operands, .shared = cli_has(args, O_SHARED),
        .platform = cli_has(args, O_ALL),
    };
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
    s.inv = inv;
    s.g = g;
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
    .summary = "show which devices must not go to different guests, and why",
    .details =
        "A group holds the functions that an IOMMU cannot keep apart, by Linux's rules.\n"
        "Functions with one requester ID are never split. Functions without ACS between\n"
        "them do not go to different guests. DEVICE is a BDF, a name, an interface or a\n"
        "block device.\n",
    .example = "xvtd groups 02:00.0",
    .max = 1,
    .options = options,
    .flags = CMD_ROOT,
    .run = run_groups,
};
