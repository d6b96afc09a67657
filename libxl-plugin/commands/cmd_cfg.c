/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cfg add, cfg remove: change the pci list of an xl cfg. */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/audit.h"
#include "base/document.h"
#include "base/out.h"
#include "cfg/cfg_change.h"
#include "commands/boot_hint.h"
#include "commands/cmd_cfg_host.h"
#include "names/operand.h"
#include "session/xvtd.h"

enum { O_NO_PASSTHROUGH = 1, O_IDENTITY, O_REPLACE, O_ALLOW };

static const struct cli_option add_options[] = {
    { O_IDENTITY, 0, "identity", CLI_NO_ARG, NULL,
      "add a comment with the device's identity for `cfg check`" },
    { O_REPLACE, 0, "replace", CLI_NO_ARG, NULL,
      "replace the options of a device that is listed already" },
    { O_NO_PASSTHROUGH, 0, "no-passthrough", CLI_NO_ARG, NULL,
      "do not add passthrough = \"enabled\" with the first device" },
    { O_ALLOW, 0, "allow", CLI_ARG,
      "FAULT:passthrough-disabled|populate-on-demand|pvh|wildcard-vslot",
      "add the device although xl will not start the guest" },
    { 0 },
};

/* The file, the change, and the run of xvtd. */
struct allowed {
    const char *words[16];
    size_t n;
};

static int parse_allow(const struct cli_args *args, struct allowed *ret, struct err *e)
{
    for (size_t i = 0; i < args->n_given; i++) {
        if (args->given[i].id != O_ALLOW)
            continue;
        if (!cfg_fault_known(args->given[i].value) || ret->n == ARRAY_LEN(ret->words))
            return err_set(e, XV_USAGE, EINVAL, "--allow=%s: no such fault: expected "
                           "passthrough-disabled, populate-on-demand, pvh or wildcard-vslot",
                           args->given[i].value);
        ret->words[ret->n++] = args->given[i].value;
    }
    return 0;
}

static void warn(void *user, const char *kind, const char *file, const char *text)
{
    xvtd_note(user, kind, file, "warning: %s", text);
}

/* The callbacks share one argument. */
static char *identity_of(void *user, struct bdf bdf)
{
    const struct xvtd *x = user;

    return cfg_host_identity(x->root, bdf);
}

struct operands {
    struct spec *specs;
    size_t n;
};

static void operands_clear(struct operands *o)
{
    for (size_t i = 0; i < o->n; i++)
        spec_clear(&o->specs[i]);
    free(o->specs);
}

/* A device to remove: its address, or its name. */
static int parse_device(const char *text, struct spec *ret, struct err *e)
{
    if (device_form(text) != DEVICE_BDF && !strchr(text, '=')) {
        if (!*text)
            return err_set(e, XV_USAGE, EINVAL, "'' is neither a PCI address nor a name");
        *ret = (struct spec){ .name = strdup(text) };
        return ret->name ? 0 : err_nomem(e);
    }
    if (strpbrk(text, "=@,"))
        return spec_parse(text, ret, e);
    *ret = (struct spec){ .has_bdf = true };
    return bdf_parse_pattern(text, &ret->bdf, e);
}

static int parse_operands(const struct cli_args *args, bool adding, struct operands *ret,
                          struct err *e)
{
    ret->specs = calloc(args->n_operands, sizeof(*ret->specs));
    if (!ret->specs)
        return err_nomem(e);
    for (size_t i = 1; i < args->n_operands; i++) {
        const char *text = args->operands[i];
        int r = adding ? spec_parse(text, &ret->specs[ret->n], e)
                       : parse_device(text, &ret->specs[ret->n], e);

        if (r)
            return r;
        ret->n++;
    }
    return 0;
}

static int print_results(struct xvtd *x, const char *file, const struct cfg_result *results,
                         size_t n, struct err *e)
{
    struct json *json = x->json ? xvtd_json(x) : NULL;

    if (x->json && !json)
        return err_nomem(e);
    if (json) {
        json_str(json, "file", file);
        json_array(json, "results");
    }
    for (size_t i = 0; i < n; i++) {
        const struct cfg_result *r = &results[i];

        audit(x, &(struct audit){ .device = r->device, .file = file, .message = r->message,
                                  .result = r->status == CFG_DONE ? "done" : "already" });
        if (!json) {
            out_line("%s: %s: %s", file, r->device, r->message);
            continue;
        }
        json_object(json, NULL);
        document_result(json, r->device, r->status == CFG_DONE ? "done" : "already", r->vslot, 0,
                        r->message);
        json_end_object(json);
    }
    if (json)
        json_end_array(json);
    return 0;
}

static int print_plan(struct xvtd *x, const char *file, bool adding,
                      const struct cfg_result *results, size_t n, const char *diff,
                      struct err *e)
{
    struct json *json = x->json ? xvtd_json(x) : NULL;

    if (!x->json) {
        int r = out_text(diff);

        return r ? out_error(r, e) : 0;
    }
    if (!json)
        return err_nomem(e);
    json_array(json, "plan");
    for (size_t i = 0; i < n; i++) {
        AUTO_FREE char *undo = NULL, *text = NULL;

        if (results[i].status == CFG_ALREADY)
            continue;
        if (asprintf(&undo, "cfg %s %s %s", adding ? "remove" : "add", file,
                     results[i].device) < 0 ||
            asprintf(&text, "%s %s %s %s", adding ? "add" : "remove", results[i].device,
                     adding ? "to" : "from", file) < 0)
            return err_nomem(e);
        document_step(json, adding ? "cfg-add" : "cfg-remove", results[i].device, undo, text);
    }
    json_end_array(json);
    return 0;
}

static void warn_absent(const struct xvtd *x, const struct spec *spec)
{
    struct cfg_host machine;
    struct check_host host;
    bool there = false;
    char device[BDF_TEXT_MAX];

    cfg_host_init(&machine, &host, x->root);
    for (unsigned func = 0; func < 8; func++) {
        struct bdf bdf = spec->bdf.bdf;

        bdf.func = spec->bdf.all ? (uint8_t)func : bdf.func;
        there = there || host.present(host.user, bdf);
    }
    if (!there)
        xvtd_note(x, "absent", spec_device(spec, device), "warning: this host has no %s", device);
}

/* If the cfg does not use the name, it is the device's: the cfg may list its address. */
static int find_named(struct xvtd *x, const struct cfg_change *change, const char *file,
                      struct operands *operands, struct cfg_result *results, struct err *e)
{
    int r = cfg_change_file(change, file, true, results, NULL, e);

    for (size_t i = 0; !r && i < operands->n; i++) {
        struct spec *spec = &operands->specs[i];
        struct err ignored;
        struct bdf bdf;

        if (spec->has_bdf || results[i].status == CFG_DONE || !device_name_valid(spec->name) ||
            device_named(x->root, NULL, spec->name, &bdf, NULL, &ignored))
            continue;
        spec_clear(spec);
        *spec = (struct spec){ .has_bdf = true, .bdf.bdf = bdf };
    }
    return r;
}

static int change_file(struct xvtd *x, const struct cli_args *args, bool adding, struct err *e)
{
    CLEANUP(operands_clear) struct operands operands = { NULL, 0 };
    AUTO_FREE struct cfg_result *results = calloc(args->n_operands, sizeof(*results));
    AUTO_FREE char *diff = NULL;
    const char *file = args->operands[0];
    struct allowed allowed = { .n = 0 };
    struct cfg_change change = { .replace = adding && cli_has(args, O_REPLACE),
                                 .no_passthrough = adding && cli_has(args, O_NO_PASSTHROUGH),
                                 .user = x, .warn = adding ? warn : NULL,
                                 .refuse_faults = adding, .allow = allowed.words };
    int r = results ? parse_operands(args, adding, &operands, e) : err_nomem(e);

    if (!r && adding)
        r = parse_allow(args, &allowed, e);
    change.n_allow = allowed.n;
    if (r)
        return r;
    if (adding) {
        change.add = operands.specs;
        change.n_add = operands.n;
        if (cli_has(args, O_IDENTITY))
            change.identity = identity_of;
    } else {
        change.remove = operands.specs;
        change.n_remove = operands.n;
        r = find_named(x, &change, file, &operands, results, e);
        if (r)
            return r;
    }
    r = cfg_change_file(&change, file, x->dry_run, results, &diff, e);
    if (r)
        return r;
    for (size_t i = 0; adding && cfg_host_readable(x->root) && i < operands.n; i++)
        if (operands.specs[i].has_bdf)
            warn_absent(x, &operands.specs[i]);
    if (x->dry_run)
        return print_plan(x, file, adding, results, operands.n, diff, e);
    r = print_results(x, file, results, operands.n, e);
    if (!r && adding)
        boot_hint(x, operands.specs, operands.n);
    return r;
}

static int run_add(void *program, const struct cli_args *args, struct err *e)
{
    return change_file(program, args, true, e);
}

static int run_remove(void *program, const struct cli_args *args, struct err *e)
{
    return change_file(program, args, false, e);
}

const struct cli_command cmd_cfg_add = {
    .name = "cfg",
    .sub = "add",
    .operands = "FILE SPEC...",
    .summary = "add devices to the pci list of an xl cfg",
    .details =
        "SPEC is BDF[@VSLOT][,key=value]..., see xl-pci-configuration(5). Only the list\n"
        "changes. The first device of a cfg without `passthrough` also adds passthrough =\n"
        "\"enabled\": the guest then has an IOMMU even when it starts without devices. A\n"
        "device for which xl would not start the guest is refused (exit code 3).\n",
    .example = "xvtd cfg add /etc/xen/vm1.cfg 02:00.0@7",
    .min = 2,
    .options = add_options,
    .flags = CMD_ROOT,
    .run = run_add,
};

const struct cli_command cmd_cfg_remove = {
    .name = "cfg",
    .sub = "remove",
    .operands = "FILE BDF...",
    .summary = "remove devices from the pci list of an xl cfg",
    .details =
        "Comments stay, except those that `cfg add --identity` wrote.\n",
    .example = "xvtd cfg remove /etc/xen/vm1.cfg 02:00.0",
    .min = 2,
    .flags = CMD_ROOT,
    .run = run_remove,
};
