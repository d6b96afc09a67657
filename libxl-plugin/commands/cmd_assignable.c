/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assignable list/add/remove, and xl's pci-assignable-*: the devices of pciback. */
#include "commands/commands.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assignable/assignable_file.h"
#include "base/out.h"
#include "base/table.h"
#include "change/operation.h"
#include "commands/assignable_from.h"
#include "names/operand.h"

enum { O_ALLOW = 1, O_NAME, O_REBIND, O_NAMES, O_FROM, O_STRICT };

static const struct cli_option options[] = {
    { O_STRICT, STRICT_OPTION },
    { O_ALLOW, ALLOW_OPTION("boot-hidden|no-reset|twin") },
    { 0 },
};

static const struct cli_option add_options[] = {
    { O_FROM, 0, "from", CLI_OPTIONAL_ARG, "FILE",
      "take the devices listed in FILE (default " ASSIGNABLE_FILE ")" },
    { O_ALLOW, ALLOW_OPTION("in-use|twin") },
    { 0 },
};

static const struct cli_option xl_add_options[] = {
    { O_NAME, 'n', "name", CLI_ARG, "NAME", "name the device in xenstore, as xl does" },
    { O_ALLOW, ALLOW_OPTION("in-use|twin") },
    { 0 },
};

static const struct cli_option xl_remove_options[] = {
    { O_REBIND, 'r', "rebind", CLI_NO_ARG, NULL, "give the device back to its native driver" },
    { O_STRICT, STRICT_OPTION },
    { O_ALLOW, ALLOW_OPTION("boot-hidden|no-reset|twin") },
    { 0 },
};

static const struct cli_option xl_list_options[] = {
    { O_NAMES, 'n', "show-names", CLI_NO_ARG, NULL, "show the names given with pci-assignable-add -n" },
    { 0 },
};

/* A name for two devices would be ambiguous. */
static int check_name(struct xvtd *x, const struct operation *op, const char *name, struct err *e)
{
    struct bdf bdf;
    int r = device_named(x->root, hv_records(x->hv), name, &bdf, NULL, e);

    if (r == -ENOENT && e->code == XV_NOT_FOUND)
        return 0;
    if (r || (op->n_bdfs == 1 && bdf_equal(bdf, op->bdfs[0])))
        return r;
    r = err_set(e, XV_REFUSED, EEXIST, "'%s' is %s already", name, BDF_STR(bdf));
    err_kind(e, "name");
    err_hint(e, "xvtd name --remove %s", name);
    return r;
}

/* Devices, and the settings behind each. */
struct wanted {
    char **devices;
    struct vf_settings *settings;
    size_t n;
};

static void wanted_clear(struct wanted *wanted)
{
    free(wanted->devices);
    free(wanted->settings);
}

static int read_wanted(const struct cli_args *args, struct wanted *ret, struct err *e)
{
    int r = 0;

    ret->devices = calloc(args->n_operands, sizeof(*ret->devices));
    ret->settings = calloc(args->n_operands, sizeof(*ret->settings));
    if (!ret->devices || !ret->settings)
        return err_nomem(e);
    for (size_t i = 0; !r && i < args->n_operands; i++) {
        char *word = args->operands[i];

        if (!vf_settings_word(word)) {
            ret->devices[ret->n++] = word;
            continue;
        }
        if (!ret->n)
            return err_set(e, XV_USAGE, EINVAL, "%s: write it after its device", word);
        r = vf_settings_add(&ret->settings[ret->n - 1], word, e);
        for (size_t k = 0; !r && k + 1 < ret->n; k++)
            r = vf_settings_apart(&ret->settings[ret->n - 1], &ret->settings[k], e);
    }
    return r;
}

/* The settings of each function; the caller frees them. */
static int settings_of(const struct wanted *wanted, const struct bdf_pattern *patterns,
                       const struct operation *op, struct vf_settings **ret, struct err *e)
{
    *ret = calloc(op->n_bdfs, sizeof(**ret));
    if (!*ret)
        return err_nomem(e);
    for (size_t i = 0; i < wanted->n; i++) {
        const struct vf_settings *s = &wanted->settings[i];

        if (s->has && patterns[i].all)
            return err_set(e, XV_USAGE, EINVAL, "%s: these settings are for one function: name each "
                           "function with its own", VF_SETTINGS_STR(s));
        for (size_t k = 0; k < op->n_bdfs; k++)
            if (bdf_equal(op->bdfs[k], patterns[i].bdf))
                vf_settings_over(&(*ret)[k], s);
    }
    return 0;
}

static int take(struct operation *op, const struct wanted *wanted,
                const struct bdf_pattern *patterns, unsigned allow, struct err *e)
{
    AUTO_FREE struct vf_settings *settings = NULL;
    int r = settings_of(wanted, patterns, op, &settings, e);

    return r ? r : operation_take(op, allow, settings, e);
}

static int add(struct xvtd *x, const struct cli_args *args, struct operation *op, struct err *e)
{
    CLEANUP(wanted_clear) struct wanted wanted = { .n = 0 };
    AUTO_FREE struct bdf_pattern *patterns = NULL;
    const char *name = cli_value(args, O_NAME);
    struct cli_args devices = *args;
    unsigned allow;
    size_t n = 0;
    int r;

    if (name && !device_name_valid(name))
        return err_set(e, XV_USAGE, EINVAL, "'%s' is not a name for a device: expected "
                       "[a-z][a-z0-9_-]*, and no hexadecimal number", name);
    r = operation_allow(x, args, O_ALLOW, ALLOW_IN_USE | ALLOW_TWIN, &allow, e);
    if (!r)
        r = read_wanted(args, &wanted, e);
    devices.operands = wanted.devices;
    devices.n_operands = wanted.n;
    if (!r)
        r = operation_patterns(x, &devices, 0, &patterns, &n, e);
    if (!r)
        r = operation_open(op, x, NULL, patterns, n, e);
    if (!r && name)
        r = check_name(x, op, name, e);
    if (!r)
        r = take(op, &wanted, patterns, allow, e);
    if (!r && name && !x->dry_run) {
        r = record_set(hv_records(x->hv), op->bdfs[0], "name", name, e);
        if (r) {
            err_prefix(e, "%s: it is assignable, but its name could not be recorded",
                       BDF_STR(op->bdfs[0]));
            e->code = XV_INCOMPLETE;
            err_kind(e, "incomplete");
            err_hint(e, "run the same command again to name it");
        }
    }
    return r;
}

static int add_from(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    const char *path = cli_value(args, O_FROM);
    unsigned allow;
    int r;

    if (args->n_operands)
        return err_set(e, XV_USAGE, EINVAL, "'%s' does not go with --from", args->operands[0]);
    r = operation_allow(x, args, O_ALLOW, ALLOW_IN_USE | ALLOW_TWIN, &allow, e);
    return r ? r : assignable_add_from(x, *path ? path : ASSIGNABLE_FILE, allow, e);
}

static int run_add(void *program, const struct cli_args *args, struct err *e)
{
    struct operation op = { .x = NULL };
    int r;

    if (cli_has(args, O_FROM))
        return add_from(program, args, e);
    if (!args->n_operands) {
        r = err_set(e, XV_USAGE, EINVAL, "no device is named");
        err_hint(e, "xvtd assignable add --help");
        return r;
    }
    r = add(program, args, &op, e);

    operation_close(&op);
    return r;
}

static const struct operation_how how_remove = {
    .command = "assignable remove", .policy = POLICY_FINISH, .mode = APPLY_ALL,
};

static int give(struct xvtd *x, const struct cli_args *args, bool rebind, struct operation *op,
                struct err *e)
{
    AUTO_FREE struct bdf_pattern *patterns = NULL;
    unsigned allow;
    size_t n = 0;
    int r;

    r = operation_allow(x, args, O_ALLOW, ALLOW_BOOT_HIDDEN | ALLOW_NO_RESET | ALLOW_TWIN, &allow,
                        e);
    if (!r)
        r = operation_patterns(x, args, 0, &patterns, &n, e);
    if (!r)
        r = operation_open(op, x, NULL, patterns, n, e);
    if (!r)
        r = operation_natives(op, e);
    if (!r)
        r = decide_return(&op->facts, op->bdfs, op->n_bdfs, rebind, op->natives, allow, &op->plan,
                          e);
    if (!r)
        r = operation_handover(op, allow, cli_has(args, O_STRICT), e);
    return r ? r : operation_run(op, &how_remove, e);
}

static int run_remove(void *program, const struct cli_args *args, struct err *e)
{
    struct operation op = { .x = NULL };
    int r = give(program, args, true, &op, e);

    operation_close(&op);
    return r;
}

/* As xl: without -r the device only leaves pciback. */
static int run_xl_remove(void *program, const struct cli_args *args, struct err *e)
{
    struct operation op = { .x = NULL };
    int r = give(program, args, cli_has(args, O_REBIND), &op, e);

    operation_close(&op);
    return r;
}

/*
 * Looks for an owner in the domains.  libxl's records lose the owner when libxl refuses an attach
 * to a second guest.
 */
static int list_assignable(struct xvtd *x, struct inventory *inv, bool names, struct err *e)
{
    static const struct table_column columns[] = {
        { "BDF", 0 }, { "NAME", 0 }, { "DEVICE", TABLE_TRUNC }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    AUTO_FREE struct guest_pci *assigned = NULL;
    struct json *json = x->json ? xvtd_json(x) : NULL;
    size_t n = 0;
    int r;

    if (!table || (x->json && !json))
        return err_nomem(e);
    r = hv_assigned(x->hv, &assigned, &n, e);
    if (r)
        return r;
    if (json)
        json_array(json, "devices");
    for (size_t i = 0; !r && i < inventory_count(inv); i++) {
        const struct pci_function *f = inventory_at(inv, i);
        AUTO_FREE char *name = NULL;
        char what[128];

        if (strcmp(f->driver, PCIBACK) || guest_pci_find(assigned, n, f->bdf))
            continue;
        r = record_get(hv_records(x->hv), f->bdf, "name", &name, e);
        if (r)
            return r;
        inventory_name(inv, f, what, sizeof(what));
        if (json) {
            json_object(json, NULL);
            json_str(json, "bdf", BDF_STR(f->bdf));
            json_str(json, "given_name", name);
            json_str(json, "name", what);
            json_end_object(json);
        } else if (names) {
            out_line("%s%s%s", BDF_STR(f->bdf), name ? " " : "", name ? name : "");
        } else {
            r = table_row(table, (const char *[]){ BDF_STR(f->bdf), name, what }, e);
        }
    }
    if (json)
        json_end_array(json);
    return json || names || r ? r : table_write(table, stdout, e);
}

static int run_list(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    struct xvtd *x = program;
    int r = xvtd_hv(x, e);

    if (!r)
        r = inventory_open(&inv, x->root, e);
    return r ? r : list_assignable(x, inv, cli_has(args, O_NAMES), e);
}

const struct cli_command cmd_assignable_list = {
    .name = "assignable",
    .sub = "list",
    .operands = "",
    .summary = "list the devices that a guest can be given now",
    .details =
        "pciback holds these devices, and no guest has them.\n",
    .example = "xvtd assignable list",
    .run = run_list,
};

const struct cli_command cmd_assignable_add = {
    .name = "assignable",
    .sub = "add",
    .operands = "BDF [SETTING...] | BDF... | --from[=FILE]",
    .summary = "take devices from their drivers, for guests to have",
    .details =
        "xen-pciback then holds the devices. A SETTING of a virtual function comes\n"
        "behind it: mac=, vlan=, trust=, spoofchk= or rate=. FILE has one device a line.\n"
        "`BDF IDENTITY` takes the device only if `xvtd --json show` gives this identity.\n"
        "`BDF vfs=N` makes N virtual functions first. Each line is handled alone; a\n"
        "failed line makes exit code 5.\n",
    .example = "xvtd assignable add 02:00.0",
    .max = SIZE_MAX,
    .options = add_options,
    .run = run_add,
};

const struct cli_command cmd_assignable_remove = {
    .name = "assignable",
    .sub = "remove",
    .operands = "BDF...",
    .summary = "give devices back to their native drivers",
    .example = "xvtd assignable remove 02:00.0",
    .min = 1,
    .options = options,
    .run = run_remove,
};

const struct cli_command cmd_pci_assignable_list = {
    .name = "pci-assignable-list",
    .operands = "",
    .summary = "same as `assignable list`, under xl's name",
    .example = "xvtd pci-assignable-list",
    .options = xl_list_options,
    .run = run_list,
};

const struct cli_command cmd_pci_assignable_add = {
    .name = "pci-assignable-add",
    .operands = "BDF",
    .summary = "same as `assignable add`, under xl's name",
    .example = "xvtd pci-assignable-add 02:00.0",
    .min = 1,
    .options = xl_add_options,
    .run = run_add,
};

const struct cli_command cmd_pci_assignable_remove = {
    .name = "pci-assignable-remove",
    .operands = "BDF",
    .summary = "same as `assignable remove`; needs -r to rebind",
    .details =
        "Without -r the device has no driver afterwards.\n",
    .example = "xvtd pci-assignable-remove -r 02:00.0",
    .min = 1,
    .options = xl_remove_options,
    .run = run_xl_remove,
};
