/* SPDX-License-Identifier: GPL-2.0-or-later */
/* switch: moves devices from one running guest to another. */
#include "ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "change/operation.h"
#include "names/operand.h"
#include "session/domain.h"

#define TIMEOUT_S 30
#define TIMEOUT_MAX_S 3600

enum { O_ALLOW = 1, O_TIMEOUT, O_STRICT };

const struct cli_option op_switch_options[] = {
    { O_TIMEOUT, 0, "timeout", CLI_ARG, "S",
      "wait at most S seconds for the guest (default 30)" },
    { O_ALLOW, ALLOW_OPTION("split-group|no-reset|twin") },
    { O_STRICT, STRICT_OPTION },
    { 0 },
};

/* Must a function of FROM move too? Yes if it shares the group or the guest slot. */
static int add_companions(struct operation *op, const struct guest_pci *assigned, size_t n_assigned,
                          uint32_t from, struct bdf bdf, struct bdf_pattern **list, size_t *n,
                          struct err *e)
{
    const struct guest_pci *own = guest_pci_find(assigned, n_assigned, bdf);

    for (size_t i = 0; i < n_assigned; i++) {
        bool together = own && own->domid == from && assigned[i].domid == from &&
                        ((own->vslot && own->vslot == assigned[i].vslot) ||
                         groups_tie(op->groups, bdf, assigned[i].bdf) != TIE_NONE);

        for (size_t k = 0; together && k < *n; k++)
            together = !bdf_equal((*list)[k].bdf, assigned[i].bdf);
        if (!together)
            continue;
        if (ARRAY_GROW(*list, *n))
            return err_nomem(e);
        (*list)[(*n)++] = (struct bdf_pattern){ .bdf = assigned[i].bdf };
    }
    return 0;
}

/* The functions that move, the named one first. */
static int list_functions(struct xvtd *x, struct operation *op, const char *device,
                          const char *from, struct hv_domain *ret_from, struct bdf_pattern **list, size_t *n,
                          struct err *e)
{
    AUTO_FREE struct hv_domain *domains = NULL;
    AUTO_FREE struct guest_pci *assigned = NULL;
    AUTO_FREE struct bdf *named = NULL;
    const struct hv_domain *dom = NULL;
    size_t n_domains = 0, n_assigned = 0, n_named = 0;
    struct bdf_pattern pattern;
    int r = device_operand(x, hv_records(x->hv), device, &pattern, e);

    if (!r)
        r = hv_domain_names(x->hv, &domains, &n_domains, e);
    if (!r)
        r = domain_find(domains, n_domains, from, &dom, e);
    if (!r)
        r = operation_groups(op, x, NULL, 0, e);
    if (!r)
        r = inventory_match(op->inv, pattern, &named, &n_named, e);
    if (!r)
        r = hv_assigned_to(x->hv, dom->domid, &assigned, &n_assigned, e);
    if (!r)
        *ret_from = *dom;
    for (size_t i = 0; !r && i < n_named; i++) {
        if (ARRAY_GROW(*list, *n))
            return err_nomem(e);
        (*list)[(*n)++] = (struct bdf_pattern){ .bdf = named[i] };
    }
    /* Each added function may share a group or slot with others. */
    for (size_t i = 0; !r && i < *n; i++)
        r = add_companions(op, assigned, n_assigned, dom->domid, (*list)[i].bdf, list, n, e);
    return r;
}

/* giver: storage for the guest FROM, which op refers to. */
static int switch_over(struct xvtd *x, const struct cli_args *args, struct operation *op,
                       struct hv_domain *giver, struct err *e)
{
    const char *device = args->operands[0], *from = args->operands[1], *to = args->operands[2];
    AUTO_FREE struct bdf_pattern *list = NULL;
    struct operation_how how = {
        .command = "switch", .policy = POLICY_ONCE_LET_GO, .mode = APPLY_ALL,
    };
    struct plan_notes notes = { .n = 0 };
    long timeout = TIMEOUT_S;
    unsigned allow, vslot = 0;
    size_t n = 0;
    int r;

    r = operation_allow(x, args, O_ALLOW, ALLOW_SPLIT_GROUP | ALLOW_NO_RESET | ALLOW_TWIN, &allow,
                        e);
    if (!r && cli_has(args, O_TIMEOUT))
        r = cli_number(cli_value(args, O_TIMEOUT), "timeout", 1, TIMEOUT_MAX_S, &timeout, e);
    if (!r && args->n_operands > 3)
        r = vslot_parse(args->operands[3], &vslot, e);
    if (!r)
        r = xvtd_hv(x, e);
    if (!r)
        r = list_functions(x, op, device, from, giver, &list, &n, e);
    op->other = giver;
    if (!r)
        r = operation_open(op, x, to, list, n, e);
    if (!r)
        r = decide_switch(&op->facts, op->other, op->bdfs, op->n_bdfs, vslot, allow, &op->plan,
                          &notes, e);
    if (!r)
        r = operation_handover(op, allow, cli_has(args, O_STRICT), e);
    plan_notes_tell(x, &notes);
    if (!r)
        r = operation_libvirt(op, e);
    if (r)
        return r;
    how.timeout_ms = (unsigned)timeout * 1000;
    return operation_run(op, &how, e);
}

static int run_switch(void *program, const struct cli_args *args, struct err *e)
{
    struct hv_domain giver = { .domid = 0 };
    struct operation op = { .x = NULL };
    int r = switch_over(program, args, &op, &giver, e);

    operation_close(&op);
    return r;
}

const struct cli_command op_switch = {
    .name = "switch",
    .operands = "BDF FROM TO [VSLOT]",
    .min = 3,
    .max = 4,
    .options = op_switch_options,
    .run = run_switch,
};
