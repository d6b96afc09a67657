/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cmd_bind.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

#include "base/lock.h"
#include "base/program.h"
#include "base/progress.h"
#include "base/this_machine.h"
#include "engine/finish.h"
#include "engine/host_steps.h"
#include "engine/recovery.h"
#include "engine/report.h"
#include "engine/run.h"
#include "names/operand.h"
#include "tools/bind.h"

enum { O_DRIVER = 1, O_OWNER, O_WITH_GROUP, O_ALLOW, O_RECOVER };

static const struct cli_option bind_options[] = {
    { O_DRIVER, 'd', "driver", CLI_ARG, "NAME:pciback|pci-stub|vfio-pci", "the driver that holds the devices" },
    { O_OWNER, 0, "owner", CLI_ARG, "USER", "with vfio-pci: make USER own /dev/vfio/GROUP" },
    { O_WITH_GROUP, 0, "with-group", CLI_NO_ARG, NULL,
      "take the whole groups of the devices" },
    { O_ALLOW, 0, "allow", CLI_ARG,
      "CHECK:in-use|split-group|boot-hidden|twin", "switch off one safety check" },
    { O_RECOVER, 0, "recover", CLI_NO_ARG, NULL, "finish or undo what an interrupted command began" },
    { 0 },
};

static const struct cli_option unbind_options[] = {
    { O_WITH_GROUP, 0, "with-group", CLI_NO_ARG, NULL,
      "give back the whole groups of the devices" },
    { O_ALLOW, 0, "allow", CLI_ARG, "CHECK:boot-hidden|twin", "switch off one safety check" },
    { 0 },
};

/* One operation on devices, from operands to report. */
struct operation {
    struct xvtd *x;
    struct records records;
    struct inventory *inv;
    struct groups *groups;
    struct locks *locks;
    struct bind_facts facts;
    struct bdf *bdfs;           /* every function that the operands name, without duplicates */
    size_t n;
    struct plan plan;
    struct plan_notes notes;
    bool left;                  /* journals of other commands are left */
};

#define RECOVER "pciback-bind --recover"

static void operation_close(struct operation *op)
{
    plan_clear(&op->plan);
    free(op->notes.list);
    free(op->bdfs);
    bind_facts_clear(&op->facts);
    locks_close(op->locks);
    groups_close(op->groups);
    inventory_close(op->inv);
    xs_close_handle(op->records.xs);
}

/* A name needs xenstore, so open it first. */
static int open_records(struct operation *op, struct err *e)
{
    op->records.root = op->x->root;
    if (op->records.xs || !host_is_xen(op->x->root))
        return 0;
    return xs_open_handle(&op->records.xs, e);
}

static int find_functions(struct operation *op, const struct cli_args *args, struct err *e)
{
    for (size_t i = 0; i < args->n_operands; i++) {
        struct bdf_pattern what;
        int r = device_form(args->operands[i]) == DEVICE_NAME ? open_records(op, e) : 0;

        if (!r)
            r = device_operand(op->x, &op->records, args->operands[i], &what, e);
        if (!r)
            r = inventory_add(op->inv, what, &op->bdfs, &op->n, e);
        if (r)
            return r;
    }
    return 0;
}

static int add_groups(struct operation *op, struct err *e)
{
    size_t named = op->n;

    for (size_t i = 0; i < named; i++) {
        AUTO_FREE struct group_peer *peers = NULL;
        size_t n = 0;
        int r = bind_peers(op->x->root, op->inv, op->groups, op->bdfs[i], &peers, &n, e);

        for (size_t p = 0; !r && p < n; p++)
            r = bdf_add_once(&op->bdfs, &op->n, peers[p].bdf, e);
        if (r)
            return r;
    }
    return 0;
}

static int take_locks(struct operation *op, struct err *e)
{
    int r = locks_open(&op->locks, op->x->root, e);

    if (!r)
        r = locks_take_functions(op->locks, op->bdfs, op->n, e);
    progress_end();
    return r;
}

/* Everything before the decision. */
static int look(struct operation *op, const struct cli_args *args, const struct keeper *keeper,
                struct err *e)
{
    struct xvtd *x = op->x;
    int r = inventory_open(&op->inv, x->root, e);

    if (!r)
        r = find_functions(op, args, e);
    if (!r)
        r = groups_open(&op->groups, x->root, op->inv, e);
    if (!r && cli_has(args, O_WITH_GROUP))
        r = add_groups(op, e);
    if (!r)
        r = open_records(op, e);
    if (!r && !x->dry_run) {
        r = take_locks(op, e);
        if (!r)
            op->left = run_mention_left(x, RECOVER);
    }
    if (!r)
        r = bind_gather(&op->facts, x->root, &op->records, op->inv, op->groups, keeper,
                        op->bdfs, op->n, e);
    return r;
}

static struct apply context(struct operation *op)
{
    return (struct apply){
        .root = op->x->root,
        .records = &op->records,
        .owner = host_owner,
        .remedy = "`" RECOVER "` tries again; `lspci -k` shows which driver has each device",
    };
}

static int describe(const struct operation *op, enum journal_policy policy, struct journal_doc *doc,
                    struct err *e)
{
    const struct bind_facts *f = &op->facts;
    int r = 0;

    doc->policy = policy;
    snprintf(doc->command, sizeof(doc->command), "%s", op->x->name);
    doc->devices = calloc(f->n ? f->n : 1, sizeof(*doc->devices));
    if (!doc->devices)
        return err_nomem(e);
    for (; !r && doc->n_devices < f->n; doc->n_devices++)
        r = run_remember(op->x->root, &op->records, f->fns[doc->n_devices].bdf,
                         f->fns[doc->n_devices].driver.driver, &doc->devices[doc->n_devices], e);
    return r;
}

static int carry_out(struct operation *op, enum journal_policy policy, struct err *e)
{
    CLEANUP(journal_doc_clear) struct journal_doc doc = { .n_devices = 0 };
    struct apply a = context(op);
    int r;

    plan_notes_tell(op->x, &op->notes);
    if (op->x->dry_run)
        return run_show(op->x, &op->plan, false, e);
    r = plan_changes(&op->plan) ? describe(op, policy, &doc, e) : 0;
    if (r)
        return r;
    r = run_plan(op->x, &a, &op->plan, &doc, APPLY_ALL, op->left, e);
    report_begin(op->x);
    report(op->x, &op->plan, "");
    report_end(op->x);
    return r;
}

static int find_user(const char *name, uid_t *ret, struct err *e)
{
    const struct passwd *user = getpwnam(name);
    char *end;
    unsigned long number = strtoul(name, &end, 10);

    if (!user && (!*name || *end || number >= UINT32_MAX))
        return err_set(e, XV_NOT_FOUND, ENOENT, "--owner: no such user: '%s'", name);
    *ret = user ? user->pw_uid : (uid_t)number;
    return 0;
}

static int read_request(const struct cli_args *args, struct bind_request *request,
                        struct err *e)
{
    const char *driver = cli_value(args, O_DRIVER), *owner = cli_value(args, O_OWNER);
    int r;

    request->keeper = keeper_find(driver ? driver : "");
    if (!driver) {
        r = err_set(e, XV_USAGE, EINVAL, "--driver is missing");
        err_hint(e, "--driver=pciback for Xen's guests, --driver=vfio-pci for KVM's");
        return r;
    }
    if (!request->keeper)
        return err_set(e, XV_USAGE, EINVAL,
                       "--driver=%s: expected pciback, pci-stub or vfio-pci", driver);
    if (owner && strcmp(driver, "vfio-pci"))
        return err_set(e, XV_USAGE, EINVAL, "--owner is for vfio-pci's files; driver %s has none",
                       driver);
    request->owner = owner != NULL;
    r = owner ? find_user(owner, &request->uid, e) : 0;
    return r ? r : allow_parse(args, O_ALLOW, ALLOW_IN_USE | ALLOW_SPLIT_GROUP |
                               ALLOW_BOOT_HIDDEN | ALLOW_TWIN, &request->allow, e);
}

/* The functions of the journal, locked. */
static int lock_devices(struct operation *op, const struct journal_doc *doc, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < doc->n_devices; i++)
        r = bdf_add_once(&op->bdfs, &op->n, doc->devices[i].bdf, e);
    return r ? r : take_locks(op, e);
}

static int carry_on(struct finish *f, struct err *e)
{
    struct apply a = context(f->user);

    a.journal = f->journal;
    return f->undo ? finish_undo(&a, f->plan, e) : finish_all(&a, f->plan, APPLY_EACH, e);
}

/* Handles one journal, with its functions locked. */
static int finish(struct recovery *rec, struct operation *op, const char *name, struct err *e)
{
    CLEANUP(journal_doc_clear) struct journal_doc doc = { .n_devices = 0 };
    struct finish f = { .x = op->x, .plan = &doc.plan, .doc = &doc, .carry = carry_on,
                        .user = op };
    int r = recovery_reopen(rec, name, &doc, &f.journal, e);

    if (r || !f.journal)
        return r;
    f.undo = doc.policy == POLICY_UNDO;
    r = finish_journal(&f, e);
    if (!r)
        recovery_ended(rec, &doc, f.undo);
    return r;
}

static int recover_one(struct recovery *rec, const char *name, struct journal_doc *doc,
                       struct journal *journal, struct err *e)
{
    struct operation op = { .x = rec->x };
    int r;

    journal_end(journal, true);
    if (*doc->unknown) { /* another program's steps */
        xvtd_note(rec->x, "interrupted", "", "note: `%s` was interrupted: run `xvtd recover` to "
                  "finish or undo it", doc->command);
        return 0;
    }
    r = open_records(&op, e);
    if (!r)
        r = lock_devices(&op, doc, e);
    if (!r)
        r = finish(rec, &op, name, e);
    operation_close(&op);
    return r;
}

static int recover(struct xvtd *x, struct err *e)
{
    struct recovery rec = { .x = x, .one = recover_one };
    int r;

    report_begin(x);
    r = recovery_journals(&rec, e);
    report_end(x);
    return r ? r : recovery_result(&rec, NULL, e);
}

static int run_bind(void *program, const struct cli_args *args, struct err *e)
{
    struct bind_request request = { .keeper = NULL };
    struct operation op = { .x = program };
    int r;

    if (cli_has(args, O_RECOVER)) {
        if (args->n_operands || cli_has(args, O_DRIVER))
            return err_set(e, XV_USAGE, EINVAL, "--recover takes no device and no --driver");
        return recover(program, e);
    }
    if (!args->n_operands)
        return err_set(e, XV_USAGE, EINVAL, "too few operands: expected BDF...");
    r = read_request(args, &request, e);
    op.x->twins = allow_twins(request.allow);
    if (!r)
        r = look(&op, args, request.keeper, e);
    if (!r)
        r = bind_decide(&op.facts, &request, &op.plan, &op.notes, e);
    if (!r)
        r = carry_out(&op, POLICY_UNDO, e);
    operation_close(&op);
    return r;
}

static int run_unbind(void *program, const struct cli_args *args, struct err *e)
{
    struct operation op = { .x = program };
    unsigned allow = 0;
    int r = allow_parse(args, O_ALLOW, ALLOW_BOOT_HIDDEN | ALLOW_TWIN, &allow, e);

    op.x->twins = allow_twins(allow);
    if (!r)
        r = look(&op, args, NULL, e);
    if (!r)
        r = unbind_decide(&op.facts, allow, &op.plan, e);
    if (!r)
        r = carry_out(&op, POLICY_FINISH, e);
    operation_close(&op);
    return r;
}

static const struct cli_command cmd_bind = {
    .operands = "--driver=pciback|pci-stub|vfio-pci BDF... | --recover",
    .summary = "take PCI devices from their drivers and hold them for guests",
    .details =
        "Takes all devices or none. pciback-unbind gives them back. --recover undoes a\n"
        "killed pciback-bind and finishes a killed pciback-unbind.\n",
    .example = "pciback-bind --driver=vfio-pci 02:00.0",
    .max = SIZE_MAX,
    .options = bind_options,
    .run = run_bind,
};

static const struct cli_command cmd_unbind = {
    .operands = "BDF...",
    .summary = "give PCI devices back to the drivers that they had",
    .details =
        "Gives back all devices or none, from pciback, pci-stub or vfio-pci.\n",
    .example = "pciback-unbind 02:00.0",
    .min = 1,
    .options = unbind_options,
    .run = run_unbind,
};

const struct cli_program bind_program = { .name = "pciback-bind", .only = &cmd_bind };
const struct cli_program unbind_program = { .name = "pciback-unbind", .only = &cmd_unbind };

int bind_main(int argc, char **argv)
{
    struct xvtd x = { .json = false };

    host_steps_register();
    return program_main(&bind_program, argc, argv, &x);
}

int unbind_main(int argc, char **argv)
{
    struct xvtd x = { .json = false };

    host_steps_register();
    return program_main(&unbind_program, argc, argv, &x);
}
