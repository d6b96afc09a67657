/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assign, pci-attach: make devices assignable and hot-attach them. */
#include "ops/ops.h"

#include <errno.h>
#include <string.h>

#include "cfg/spec.h"
#include "cfg/xlu_check.h"
#include "change/operation.h"
#include "commands/save.h"
#include "names/operand.h"

enum { O_PERMISSIVE = 1, O_MSITRANSLATE, O_POWER_MGMT, O_RDM, O_ALLOW, O_SAVE, O_GROUP, O_FUNCTIONS, O_IRQ,
       O_STRICT };

const struct cli_option op_assign_options[] = {
    { O_PERMISSIVE, 0, "permissive", CLI_NO_ARG, NULL,
      "let the guest write the device's whole config space" },
    { O_MSITRANSLATE, 0, "msitranslate", CLI_NO_ARG, NULL,
      "translate INTx into MSI (qemu-traditional)" },
    { O_POWER_MGMT, 0, "power-mgmt", CLI_NO_ARG, NULL,
      "let the guest set D0-D3 (qemu-traditional)" },
    { O_RDM, 0, "rdm-policy", CLI_ARG, "strict|relaxed",
      "when the device's reserved memory (RMRR) conflicts with the guest's: refuse, or warn" },
    { O_IRQ, 0, "irq", CLI_ARG, "auto|plain",
      "auto: protect the interrupts of a guest with PV drivers; plain: map the IRQ as xl does" },
    { O_GROUP, 0, "with-group", CLI_NO_ARG, NULL,
      "attach the whole group of the device" },
    { O_FUNCTIONS, 0, "with-functions", CLI_NO_ARG, NULL,
      "attach all functions of the device's host slot, as of a graphics card" },
    { O_ALLOW, ALLOW_OPTION("in-use|split-group|no-reset|twin") },
    { O_STRICT, STRICT_OPTION },
    { O_SAVE, 0, "save", CLI_OPTIONAL_ARG, "FILE",
      "then add the devices to the guest's cfg, or to FILE" },
    { 0 },
};

/* The options for all functions of this command. */
static int common_options(const struct cli_args *args, struct guest_pci *ret, struct err *e)
{
    const char *rdm = cli_value(args, O_RDM), *irq = cli_value(args, O_IRQ);

    *ret = (struct guest_pci){
        .permissive = cli_has(args, O_PERMISSIVE),
        .msitranslate = cli_has(args, O_MSITRANSLATE),
        .power_mgmt = cli_has(args, O_POWER_MGMT),
    };
    if (rdm && !strcmp(rdm, "relaxed"))
        ret->rdm_policy = GUEST_RDM_RELAXED;
    else if (rdm && strcmp(rdm, "strict"))
        return err_set(e, XV_USAGE, EINVAL,
                       "--rdm-policy=%s: expected strict or relaxed", rdm);
    if (irq && !strcmp(irq, "plain"))
        ret->irq = GUEST_IRQ_PLAIN;
    else if (irq && !strcmp(irq, "auto"))
        ret->irq = GUEST_IRQ_CHOSEN;
    else if (irq)
        return err_set(e, XV_USAGE, EINVAL, "--irq=%s: expected auto or plain", irq);
    return 0;
}

static void options_of_spec(const struct spec *spec, struct guest_pci *ret)
{
    if (spec->permissive != SPEC_UNSET)
        ret->permissive = spec->permissive == SPEC_ON;
    if (spec->msitranslate != SPEC_UNSET)
        ret->msitranslate = spec->msitranslate == SPEC_ON;
    if (spec->power_mgmt != SPEC_UNSET)
        ret->power_mgmt = spec->power_mgmt == SPEC_ON;
    if (spec->rdm_policy != RDM_UNSET)
        ret->rdm_policy =
            spec->rdm_policy == RDM_RELAXED ? GUEST_RDM_RELAXED : GUEST_RDM_STRICT;
}

/* NAME or NAME@VSLOT; *name stays NULL for another operand. */
static int read_name(const char *operand, struct assign_request *ret, char **name, struct err *e)
{
    const char *at = strchr(operand, '@');
    AUTO_FREE char *text = at ? strndup(operand, (size_t) (at - operand)) : strdup(operand);

    if (!text)
        return err_nomem(e);
    if (device_form(text) != DEVICE_NAME)
        return 0;
    *name = TAKE_PTR(text);
    return at ? vslot_parse(at + 1, &ret->vslot, e) : 0;
}

/*
 * Reads one operand: DEVICE or SPEC.  A name is resolved later, when the hypervisor is open: *name
 * is then that name.
 */
static int read_operand(const char *operand, struct assign_request *ret, char **name,
                        struct err *e)
{
    AUTO_SPEC struct spec spec = { .has_bdf = false };
    int r = read_name(operand, ret, name, e);

    if (r || *name)
        return r;
    /* A segment that libxl cannot name is still a BDF: it is refused later, for that reason. */
    if (!strpbrk(operand, "@,="))
        return bdf_parse_pattern(operand, &ret->what, e);
    r = spec_parse(operand, &spec, e);
    if (r)
        return r;
    ret->vslot = spec.vslot;
    options_of_spec(&spec, &ret->options);
    if (spec.has_bdf)
        ret->what = spec.bdf;
    else
        *name = TAKE_PTR(spec.name);
    return 0;
}

struct requests {
    struct assign_request *list;
    char **names;               /* names still to be resolved, or NULL */
    size_t n;
};

static void requests_clear(struct requests *rq)
{
    for (size_t i = 0; rq->names && i < rq->n; i++)
        free(rq->names[i]);
    free(rq->names);
    free(rq->list);
}

/* Adds a function with the options of another and an automatic slot. */
static int requests_add(struct requests *rq, const struct guest_pci *opts, struct bdf bdf,
                        struct err *e)
{
    struct guest_pci copy = *opts;
    struct assign_request *list = reallocarray(rq->list, rq->n + 1, sizeof(*list));
    char **names;

    if (!list)
        return err_nomem(e);
    rq->list = list;
    names = reallocarray(rq->names, rq->n + 1, sizeof(*names));
    if (!names)
        return err_nomem(e);
    rq->names = names;
    rq->names[rq->n] = NULL;
    copy.vf.has = 0;
    rq->list[rq->n++] = (struct assign_request){ .what = { .bdf = bdf }, .options = copy };
    return 0;
}

/* Is the third operand a VSLOT? It is with one device, whose settings may follow. */
static bool has_slot(const struct cli_args *args)
{
    if (args->n_operands < 3 || !vslot_like(args->operands[2]))
        return false;
    for (size_t i = 3; i < args->n_operands; i++)
        if (!vf_settings_word(args->operands[i]))
            return false;
    return true;
}

/* A word like "mac=..." is about the device before it. */
static int read_setting(const char *word, struct requests *rq, struct err *e)
{
    struct assign_request *last = rq->n ? &rq->list[rq->n - 1] : NULL;
    int r;

    if (!last)
        return err_set(e, XV_USAGE, EINVAL, "%s: write it after its device", word);
    r = vf_settings_add(&last->options.vf, word, e);
    for (size_t i = 0; !r && i + 1 < rq->n; i++)
        r = vf_settings_apart(&last->options.vf, &rq->list[i].options.vf, e);
    return r;
}

static int read_operands(const struct cli_args *args, struct requests *rq, struct err *e)
{
    size_t n = args->n_operands - 1;
    bool slot = has_slot(args);
    struct guest_pci common;
    int r;

    r = common_options(args, &common, e);
    if (r)
        return r;
    rq->list = calloc(n, sizeof(*rq->list));
    rq->names = calloc(n, sizeof(*rq->names));
    if (!rq->list || !rq->names)
        return err_nomem(e);
    for (size_t i = 1; i < args->n_operands; i++) {
        const char *operand = args->operands[i];

        if (slot && i == 2)
            continue;
        if (vf_settings_word(operand)) {
            r = read_setting(operand, rq, e);
        } else {
            rq->list[rq->n].options = common;
            r = read_operand(operand, &rq->list[rq->n], &rq->names[rq->n], e);
            rq->n++;
        }
        if (r)
            return r;
    }
    if (!slot)
        return 0;
    if (rq->list[0].vslot)
        return err_set(e, XV_USAGE, EINVAL, "'%s' and '%s' both give a virtual slot",
                       args->operands[1], args->operands[2]);
    return vslot_parse(args->operands[2], &rq->list[0].vslot, e);
}

/* --with-functions: each request is for its whole host slot, once. */
static void take_functions(struct requests *rq)
{
    size_t n = 0;

    for (size_t i = 0; i < rq->n; i++) {
        bool there = false;

        for (size_t k = 0; k < n; k++)
            there |= bdf_same_slot(rq->list[k].what.bdf, rq->list[i].what.bdf);
        free(rq->names[i]); /* resolved by now */
        rq->names[i] = NULL;
        if (there)
            continue;
        rq->list[n] = rq->list[i];
        rq->list[n].what.all = true;
        rq->list[n++].what.bdf.func = 0;
    }
    rq->n = n;
}

/* A function named twice would be attached once, and then refused as already there. */
static int refuse_twins(const struct requests *rq, struct err *e)
{
    for (size_t i = 0; i < rq->n; i++)
        for (size_t j = 0; j < i; j++) {
            const struct bdf_pattern *a = &rq->list[i].what, *b = &rq->list[j].what;

            if (a->all || b->all ? bdf_same_slot(a->bdf, b->bdf) : bdf_equal(a->bdf, b->bdf))
                return err_on(e, XV_USAGE, EINVAL, BDF_STR(a->bdf), "the device is named twice");
        }
    return 0;
}

static int refuse_shared_settings(const struct requests *rq, struct err *e)
{
    for (size_t i = 0; i < rq->n; i++)
        if (rq->list[i].what.all && rq->list[i].options.vf.has)
            return err_set(e, XV_USAGE, EINVAL, "%s: these settings are for one function: name each "
                           "function with its own", VF_SETTINGS_STR(&rq->list[i].options.vf));
    return 0;
}

/*
 * --with-group: the other functions of the device's host slot share its guest slot; the rest of
 * its group gets automatic slots.  Bridges are left out.
 */
static int add_group(const struct groups *groups, struct requests *rq, size_t i, struct err *e)
{
    AUTO_FREE struct group_peer *peers = NULL;
    struct bdf_pattern *what = &rq->list[i].what;
    size_t n = 0;
    int r = groups_peers(groups, what->bdf, &peers, &n, e);

    if (r)
        return r;
    for (size_t p = 0; p < n; p++) {
        bool there = false;

        if (bdf_same_slot(peers[p].bdf, what->bdf)) {
            what->all = true;
            what->bdf.func = 0;
            continue;
        }
        for (size_t j = 0; j < rq->n; j++)
            there |= bdf_matches(rq->list[j].what, peers[p].bdf);
        if (there)
            continue;
        r = requests_add(rq, &rq->list[i].options, peers[p].bdf, e);
        if (r)
            return r;
        what = &rq->list[i].what; /* the list may have been reallocated */
    }
    return 0;
}

static int add_groups(const struct groups *groups, struct requests *rq, struct err *e)
{
    size_t named = rq->n;
    int r = 0;

    for (size_t i = 0; !r && i < named; i++)
        r = add_group(groups, rq, i, e);
    return r;
}

static int patterns_of(const struct requests *rq, struct bdf_pattern **ret, struct err *e)
{
    *ret = calloc(rq->n, sizeof(**ret));
    for (size_t i = 0; *ret && i < rq->n; i++)
        (*ret)[i] = rq->list[i].what;
    return *ret ? 0 : err_nomem(e);
}

static int assign(struct xvtd *x, const struct cli_args *args, struct requests *rq,
                  struct operation *op, struct err *e)
{
    static const struct operation_how how = {
        .command = "assign", .policy = POLICY_UNDO, .mode = APPLY_ALL,
    };
    CLEANUP(save_clear) struct save save = { .adding = true };
    struct plan_notes notes = { .n = 0 };
    AUTO_FREE struct bdf_pattern *patterns = NULL, *named = NULL;
    unsigned allow;
    int r;

    r = operation_allow(x, args, O_ALLOW, ALLOW_IN_USE | ALLOW_SPLIT_GROUP | ALLOW_NO_RESET |
                        ALLOW_TWIN, &allow, e);
    if (!r)
        r = read_operands(args, rq, e);
    if (!r)
        r = xvtd_hv(x, e);
    for (size_t i = 0; !r && i < rq->n; i++)
        if (rq->names[i])
            r = device_operand(x, hv_records(x->hv), rq->names[i], &rq->list[i].what, e);
    if (!r && cli_has(args, O_FUNCTIONS))
        take_functions(rq);
    if (!r)
        r = refuse_twins(rq, e);
    if (!r)
        r = patterns_of(rq, &named, e);
    if (!r)
        r = operation_groups(op, x, named, rq->n, e);
    if (!r && cli_has(args, O_GROUP))
        r = add_groups(op->groups, rq, e);
    if (!r)
        r = refuse_shared_settings(rq, e);
    if (!r)
        r = patterns_of(rq, &patterns, e);
    if (!r)
        r = operation_open(op, x, args->operands[0], patterns, rq->n, e);
    if (!r)
        r = decide_assign(&op->facts, rq->list, rq->n, allow, &op->plan, &notes, e);
    if (!r)
        r = operation_handover(op, allow, cli_has(args, O_STRICT), e);
    plan_notes_tell(x, &notes);
    if (!r)
        r = save_prepare(&save, x, cli_value(args, O_SAVE), &op->facts, &op->plan, e);
    if (!r)
        r = operation_libvirt(op, e);
    if (!r)
        r = operation_run(op, &how, e);
    return r ? r : save_write(&save, x, &op->plan, e);
}

static int run_assign(void *program, const struct cli_args *args, struct err *e)
{
    struct requests rq = { .n = 0 };
    struct operation op = { .x = NULL };
    int r = assign(program, args, &rq, &op, e);

    operation_close(&op);
    requests_clear(&rq);
    return r;
}

const struct cli_command op_assign = {
    .name = "assign",
    .operands = "DOMAIN BDF [VSLOT] [SETTING...] | DOMAIN SPEC...",
    .min = 2,
    .options = op_assign_options,
    .run = run_assign,
};
