/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name: names for devices of this host, kept across boots and copied to xl's records. */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/audit.h"
#include "base/document.h"
#include "base/out.h"
#include "base/table.h"
#include "driver/driver.h"
#include "names/operand.h"
#include "pci/kdev.h"
#include "session/device.h"
#include "session/xvtd.h"

enum { O_REMOVE = 1 };

static const struct cli_option options[] = {
    { O_REMOVE, 0, "remove", CLI_ARG, "NAME", "remove this name" },
    { 0 },
};

/* One run. */
struct naming {
    struct xvtd *x;
    const struct records *records;  /* xl's records, NULL without Xen */
    const char *name;
    struct names names;
    struct names_lock lock;         /* the file has the name */
    struct name new;                /* the device that gets the name */
    bool named;                     /* the file's device of that name; `old` is its index */
    struct bdf old;
    bool known;                     /* xl knows the name, for device `xls` */
    struct bdf xls;
    char was[DEVICE_NAME_MAX];      /* the device's present name, or "" */
};

static int naming_open(struct naming *n, struct xvtd *x, struct err *e)
{
    int r = device_hv(x, e);

    n->x = x;
    n->lock.folder = -1;
    if (r)
        return r;
    n->records = x->hv ? hv_records(x->hv) : NULL;
    if (!x->dry_run)
        r = names_lock(x->root, &n->lock, e);
    return r ? r : names_read(x->root, &n->names, e);
}

static void naming_close(struct naming *n)
{
    names_clear(&n->names);
    free(n->new.alike);
    names_unlock(&n->lock);
}

static int ask_xl(struct naming *n, struct err *e)
{
    int r = n->records ? record_by_name(n->records, n->name, &n->xls, e) : -ENOENT;

    n->known = !r;
    return r && n->records && e->code != XV_NOT_FOUND ? r : 0;
}

/* A name that is also something else would be ambiguous. */
static int check_name(const struct naming *n, struct err *e)
{
    static const enum kdev_kind kinds[] = { KDEV_NET, KDEV_BLOCK, KDEV_NVME };
    CLEANUP(kdevs_close_p) struct kdevs *kdevs = NULL;
    int r;

    if (!device_name_valid(n->name)) {
        r = err_set(e, XV_USAGE, EINVAL, "'%s' is not a name for a device", n->name);
        err_hint(e, "expected [a-z][a-z0-9_-]*, no hexadecimal number, at most %d letters",
                 DEVICE_NAME_MAX - 1);
        return r;
    }
    r = kdevs_open(&kdevs, n->x->root, e);
    for (size_t i = 0; !r && i < ARRAY_LEN(kinds); i++)
        if (kdevs_named(kdevs, kinds[i], n->name))
            r = err_set(e, XV_USAGE, EEXIST, "'%s' is the name of an interface or a disk of "
                        "dom0", n->name);
    return r;
}

static int refuse_taken(const struct naming *n, struct bdf bdf, const char *by, struct err *e)
{
    int r = err_set(e, XV_REFUSED, EEXIST, "'%s' is %s already%s", n->name, BDF_STR(bdf), by);

    err_kind(e, "name");
    err_hint(e, "xvtd name --remove %s", n->name);
    return r;
}

/* Drops or keeps the present lines of the file. */
static int settle(struct naming *n, struct err *e)
{
    struct name *same = names_find(&n->names, n->name), *other;
    int r = same ? names_locate(n->x->root, same, e) : 0;

    if (r)
        return r;
    if (same && (same->place == NAME_HERE || same->place == NAME_MOVED) &&
        !bdf_equal(same->at, n->new.bdf))
        return refuse_taken(n, same->at, "", e);
    if (n->known && !bdf_equal(n->xls, n->new.bdf))
        return refuse_taken(n, n->xls, " for xl", e);
    other = names_at(n->x->root, &n->names, n->new.bdf);
    if (other && other != same) {
        other->drop = true;
        strcpy(n->was, other->name);
    }
    if (same) {
        same->drop = true;
        n->named = same->place == NAME_HERE;
    }
    return 0;
}

/* Prints the plan of one step; NULL if there is nothing to do. */
static int print_plan(struct xvtd *x, const char *step, const char *object, const char *undo,
                      struct err *e)
{
    struct json *json = x->json ? xvtd_json(x) : NULL;
    char text[128];

    if (!x->json) {
        if (step)
            out_line("1. %s %s  (undo: %s)", step, object, undo);
        else
            out_line("nothing to do");
        return 0;
    }
    if (!json)
        return err_nomem(e);
    json_array(json, "plan");
    if (step) {
        snprintf(text, sizeof(text), "%s %s", step, object);
        document_step(json, step, object, undo, text);
    }
    json_end_array(json);
    return 0;
}

static int report(struct xvtd *x, struct bdf bdf, const char *status, const char *message,
                  struct err *e)
{
    struct json *json = x->json ? xvtd_json(x) : NULL;

    audit(x, &(struct audit){ .device = BDF_STR(bdf), .result = status, .message = message });
    if (x->json && !json)
        return err_nomem(e);
    if (json) {
        json_array(json, "results");
        json_object(json, NULL);
        document_result(json, BDF_STR(bdf), status, 0, 0, message);
        json_end_object(json);
        json_end_array(json);
    } else if (!x->quiet) {
        out_line("%s: %s", BDF_STR(bdf), message);
    }
    return 0;
}

/* Writes the file first: xl's records end with the boot and can be written again. */
static int write_both(struct naming *n, const struct name *add, struct err *e)
{
    int r = names_write(&n->lock, &n->names, add, e);

    if (r || !n->records || (!add && !n->known))
        return r;
    r = record_set(n->records, add ? add->bdf : n->xls, "name", add ? add->name : NULL, e);
    if (r) {
        err_prefix(e, "/etc/xvtd/names has the name, but xl does not know it");
        e->code = XV_INCOMPLETE;
        err_kind(e, "incomplete");
        err_hint(e, "run the same command again");
    }
    return r;
}

static int give(struct naming *n, const char *device, struct err *e)
{
    struct bdf_pattern what = { .all = false };
    char text[256], undo[DEVICE_NAME_MAX + 24];
    bool already;
    int r = check_name(n, e);

    if (!r)
        r = device_operand(n->x, n->records, device, &what, e);
    if (!r && what.all)
        r = err_on(e, XV_USAGE, EINVAL, device, "a name is for one function");
    if (!r)
        r = name_identify(n->x->root, what.bdf, &n->new, e);
    if (!r)
        r = ask_xl(n, e);
    if (!r)
        r = settle(n, e);
    if (r)
        return r;
    strcpy(n->new.name, n->name);
    snprintf(undo, sizeof(undo), *n->was ? "name it %s again" : "xvtd name --remove %s",
             *n->was ? n->was : n->name);
    /* xl forgets names when the host reboots; every command that handles the device repeats it. */
    already = n->named;
    if (n->x->dry_run)
        return print_plan(n->x, already ? NULL : "name", BDF_STR(what.bdf), undo, e);
    if (!already || (n->records && !n->known))
        r = write_both(n, &n->new, e);
    if (r)
        return r;
    if (n->new.n_alike)
        xvtd_note(n->x, "twin", BDF_STR(what.bdf), "note: identical devices in this machine: %zu "
                  "more; the name is valid while none of them moves", n->new.n_alike);
    snprintf(text, sizeof(text), "%snamed %s%s%s", already ? "already " : "", n->name,
             *n->was ? ", no longer " : "", n->was);
    return report(n->x, what.bdf, already ? "already" : "done", text, e);
}

static int take_away(struct naming *n, struct err *e)
{
    struct name *same = names_find(&n->names, n->name);
    int r = ask_xl(n, e);

    if (r)
        return r;
    if (!same && !n->known)
        return err_set(e, XV_NOT_FOUND, ENOENT, "'%s': no device has this name", n->name);
    if (n->x->dry_run)
        return print_plan(n->x, "unname", n->name, "name it again", e);
    if (same)
        same->drop = true;
    r = write_both(n, NULL, e);
    return r ? r : report(n->x, same ? same->bdf : n->xls, "done", "has no name any more", e);
}

/* One row of the list; n is NULL for a name that only xl knows. */
static int add_row(struct xvtd *x, struct table *table, const struct inventory *inv,
                   const char *name, const struct name *n, const struct bdf *bdf, struct err *e)
{
    static const char *const states[] = { "here", "moved", "gone", "unsure" };
    const struct pci_function *f = bdf ? inventory_find(inv, *bdf) : NULL;
    char what[128] = "", state[48], identity[IDENTITY_TEXT_MAX];

    if (f)
        inventory_name((struct inventory *)inv, f, what, sizeof(what));
    if (n)
        identity_format(&n->identity, identity);
    if (!x->json) {
        snprintf(state, sizeof(state), "%s%s%s", n ? states[n->place] : "until reboot",
                 n && n->place != NAME_HERE ? ", was " : "",
                 n && n->place != NAME_HERE ? BDF_STR(n->bdf) : "");
        return table_row(table, (const char *[]){ name, bdf ? BDF_STR(*bdf) : NULL, state, what },
                         e);
    }
    json_object(x->doc, NULL);
    json_str(x->doc, "given_name", name);
    json_str(x->doc, "bdf", bdf ? BDF_STR(*bdf) : NULL);
    json_str(x->doc, "place", n ? states[n->place] : "until-reboot");
    json_str(x->doc, "named_at", n ? BDF_STR(n->bdf) : NULL);
    json_str(x->doc, "identity", n ? identity : NULL);
    json_str(x->doc, "name", f ? what : NULL);
    json_end_object(x->doc);
    return 0;
}

/* Adds the names given with xl's -n, which pciback's devices have. */
static int add_xls(struct xvtd *x, struct table *table, const struct inventory *inv,
                   const struct names *names, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < inventory_count(inv); i++) {
        const struct pci_function *f = inventory_at(inv, i);
        AUTO_FREE char *name = NULL;

        if (strcmp(f->driver, PCIBACK))
            continue;
        r = record_get(hv_records(x->hv), f->bdf, "name", &name, e);
        if (!r && name && !names_find(names, name))
            r = add_row(x, table, inv, name, NULL, &f->bdf, e);
    }
    return r;
}

static int list(struct xvtd *x, struct err *e)
{
    static const struct table_column columns[] = {
        { "NAME", 0 }, { "BDF", 0 }, { "STATE", 0 }, { "DEVICE", TABLE_TRUNC }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    CLEANUP(names_clear) struct names names = { .n = 0 };
    int r;

    if (!table || (x->json && !xvtd_json(x)))
        return err_nomem(e);
    r = device_hv(x, e);
    if (!r)
        r = inventory_open(&inv, x->root, e);
    if (!r)
        r = names_read(x->root, &names, e);
    if (!r && x->json)
        json_array(x->doc, "names");
    for (size_t i = 0; !r && i < names.n; i++) {
        struct name *n = &names.list[i];

        r = names_locate(x->root, n, e);
        if (!r)
            r = add_row(x, table, inv, n->name, n,
                        n->place == NAME_HERE || n->place == NAME_MOVED ? &n->at : NULL, e);
    }
    if (!r && x->hv)
        r = add_xls(x, table, inv, &names, e);
    if (r)
        return r;
    if (!x->json)
        return table_write(table, stdout, e);
    json_end_array(x->doc);
    return 0;
}

static int run(void *program, const struct cli_args *args, struct err *e)
{
    bool remove = cli_has(args, O_REMOVE);
    struct naming n = { .lock.folder = -1 };
    int r;

    if (!remove && !args->n_operands)
        return list(program, e);
    if (args->n_operands != (remove ? 0 : 2))
        return err_set(e, XV_USAGE, EINVAL, "expected DEVICE and NAME, or --remove NAME");
    n.name = remove ? cli_value(args, O_REMOVE) : args->operands[1];
    r = naming_open(&n, program, e);
    if (!r)
        r = remove ? take_away(&n, e) : give(&n, args->operands[0], e);
    naming_close(&n);
    return r;
}

const struct cli_command cmd_name = {
    .name = "name",
    .operands = "[DEVICE NAME]",
    .summary = "name a device, or list the names",
    .details =
        "A name can be used wherever a command takes a BDF, and in xl's name=. xvtd keeps\n"
        "the device's identity beside it in /etc/xvtd/names and finds the device at a new\n"
        "address.\n",
    .example = "xvtd name 02:00.0 uplink0",
    .max = 2,
    .options = options,
    .run = run,
};
