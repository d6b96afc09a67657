/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show: everything about one of the host's functions. */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>

#include "base/out.h"
#include "commands/export.h"
#include "commands/show.h"
#include "driver/allow.h"
#include "names/operand.h"
#include "session/device.h"
#include "session/domain.h"

enum { O_FORMAT = 1, O_VSLOT };

static const struct cli_option options[] = {
    { O_FORMAT, 0, "format", CLI_ARG, "libvirt|qemu|xl",
      "print the device in the form that this tool reads" },
    { O_VSLOT, 0, "vslot", CLI_ARG, "VSLOT", "with --format: the slot in the guest" },
    { 0 },
};

/* A guest may have it by xenstore: then it is gone, which says more than "no such device". */
static int tell_gone(struct xvtd *x, const struct inventory *inv, const char *operand, int r,
                     struct err *e)
{
    CLEANUP(facts_clear) struct facts f = { .all_entries = true };
    struct domain_label label;
    struct err ignored;
    struct bdf bdf;

    if (bdf_parse(operand, &bdf, &ignored) || device_hv(x, &ignored) || !x->hv ||
        facts_gather(&f, x->root, x->hv, NULL, inv, NULL, &bdf, 1, &ignored))
        return r;
    label = domain_label(f.domains, f.n_domains, f.fns[0].owner->domid);
    return refuse_lost(bdf, &f.fns[0].lost, label.s, label.operand, e);
}

/* The one function that an operand names. */
static int choose(struct xvtd *x, const struct inventory *inv, const char *operand,
                  struct bdf *ret, struct err *e)
{
    AUTO_FREE struct bdf *bdfs = NULL;
    size_t n = 0;
    int r = device_find(x, inv, operand, &bdfs, &n, e);

    if (r == -ENODEV)
        r = tell_gone(x, inv, operand, r, e);
    if (!r && n > 1) {
        r = err_on(e, XV_USAGE, EINVAL, operand, "this names %zu functions, but show takes one", n);
        err_hint(e, "begin with: xvtd show %s", BDF_STR(bdfs[0]));
    }
    if (!r)
        *ret = bdfs[0];
    return r;
}

static int gather(struct xvtd *x, struct bdf bdf, struct show *s, struct err *e)
{
    int r = groups_open(&s->groups, x->root, s->inv, e);

    if (!r)
        r = kdevs_open(&s->kdevs, x->root, e);
    if (!r)
        r = function_detail_read(x->root, s->groups, bdf, &s->detail, e);
    if (!r)
        r = device_hv(x, e);
    if (!r)
        r = facts_gather(&s->facts, x->root, x->hv, NULL, s->inv, s->groups, &bdf, 1, e);
    if (!r)
        r = detail_bus_reset(s->groups, bdf, &s->bus_peers, &s->n_bus_peers, e);
    if (!r)
        r = detail_vfs(s->groups, bdf, &s->vfs, &s->n_vfs, e);
    if (!r)
        r = decide_assignable(&s->facts, bdf, &s->verdict, e);
    if (!r)
        device_row(&s->facts, s->inv, s->groups, s->kdevs, inventory_find(s->inv, bdf),
                   &s->row);
    if (!r)
        device_name_of(x->root, x->hv ? hv_records(x->hv) : NULL, bdf, s->row.given);
    return r;
}

static int print(struct xvtd *x, const struct show *s, struct err *e)
{
    struct json *json;

    if (!x->json) {
        show_text(s);
        return 0;
    }
    json = xvtd_json(x);
    if (!json)
        return err_nomem(e);
    json_object(json, "device");
    show_json(json, s);
    json_end_object(json);
    return 0;
}

/* Notes the devices that the same guest must get, or that must stay without a driver. */
static void note_group(const struct xvtd *x, const struct show *s)
{
    const struct group *group = groups_of(s->groups, s->row.f->bdf);

    for (size_t i = 0; i < group->n_members; i++) {
        const struct pci_function *f = inventory_at(s->inv, group->members[i]);

        if (!f->bridge && !bdf_equal(f->bdf, s->row.f->bdf))
            xvtd_note(x, "group", BDF_STR(f->bdf), "%s is in the same group: give both to the same "
                      "guest", BDF_STR(f->bdf));
    }
}

/* The slot asked for, or the present one. */
static int export(struct xvtd *x, const struct cli_args *args, const struct show *s,
                  struct err *e)
{
    struct bdf bdf = s->row.f->bdf;
    const struct guest_pci *owner = guest_pci_find(s->facts.assigned, s->facts.n_assigned, bdf);
    struct guest_pci pci = owner ? *owner : (struct guest_pci){ .bdf = bdf };
    const char *vslot = cli_value(args, O_VSLOT);
    enum export_format format = EXPORT_XL;
    AUTO_FREE char *text = NULL;
    struct json *json;
    int r = s->row.f->bridge ? refuse_bridge(bdf, e) : 0;

    export_parse(cli_value(args, O_FORMAT), &format);
    if (!r && vslot) {
        r = vslot_parse(vslot, &pci.vslot, e);
        pci.vfunc = 0;
    }
    if (!r)
        r = export_text(format, &pci, &text, e);
    if (r)
        return r;
    note_group(x, s);
    if (!x->json) {
        r = out_text(text);
        return r ? out_error(r, e) : 0;
    }
    json = xvtd_json(x);
    if (!json)
        return err_nomem(e);
    json_str(json, "bdf", BDF_STR(bdf));
    json_str(json, "format", cli_value(args, O_FORMAT));
    json_str(json, "text", text);
    return 0;
}

static int check_options(const struct cli_args *args, struct err *e)
{
    const char *word = cli_value(args, O_FORMAT);
    enum export_format ignored;
    int r = 0;

    if (word && !export_parse(word, &ignored)) {
        r = err_set(e, XV_USAGE, EINVAL, "--format=%s: no such format", word);
        err_hint(e, "libvirt, qemu, xl");
    } else if (!word && cli_has(args, O_VSLOT)) {
        r = err_set(e, XV_USAGE, EINVAL, "--vslot goes with --format");
    }
    return r;
}

static void show_clear(struct show *s)
{
    free(s->verdict.reasons);
    free(s->verdict.notes.list);
    free(s->vfs);
    free(s->bus_peers);
    facts_clear(&s->facts);
    kdevs_close(s->kdevs);
    groups_close(s->groups);
    inventory_close(s->inv);
}

static int run_show(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(show_clear) struct show s = { .n_vfs = 0 };
    struct xvtd *x = program;
    struct bdf bdf = { 0 };
    int r = check_options(args, e);

    if (!r)
        r = inventory_open(&s.inv, x->root, e);
    if (r)
        return r;
    device_problems(x, s.inv);
    r = choose(x, s.inv, args->operands[0], &bdf, e);
    if (!r)
        r = gather(x, bdf, &s, e);
    if (r)
        return r;
    return cli_has(args, O_FORMAT) ? export(x, args, &s, e) : print(x, &s, e);
}

const struct cli_command cmd_show = {
    .name = "show",
    .operands = "DEVICE",
    .summary = "show everything about one device",
    .details =
        "DEVICE is a BDF, a name, or an interface or block device (eth1, /dev/sdb). An\n"
        "interface or block device stands for the PCI function that drives it.\n",
    .example = "xvtd show 02:00.0",
    .min = 1,
    .max = 1,
    .options = options,
    .flags = CMD_ROOT,
    .run = run_show,
};
