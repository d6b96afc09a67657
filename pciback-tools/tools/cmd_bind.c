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
      "CHECK:in-use|split-group|boot-hidden", "switch off one safety check" },
    { O_RECOVER, 0, "recover", CLI_NO_ARG, NULL, "finish or undo what an interrupted command began" },
    { 0 },
};

static const struct cli_option unbind_options[] = {
    { O_WITH_GROUP, 0, "with-group", CLI_NO_ARG, NULL,
      "give back the whole groups of the devices" },
    { O_ALLOW, 0, "allow", CLI_ARG, "CHECK:boot-hidden", "switch off one safety check" },
    { 0 },
};

/* One run from operands to report. */
struct job {
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

static void job_close(struct job *job)
{
    plan_clear(&job->plan);
    free(job->notes.list);
    free(job->bdfs);
    bind_facts_clear(&job->facts);
    locks_close(job->locks);
    groups_close(job->groups);
    inventory_close(job->inv);
    xs_close_handle(job->records.xs);
}

/* A name needs xenstore, so open it first. */
static int open_records(struct job *job, struct err *e)
{
    job->records.root = job->x->root;
    if (job->records.xs || !host_is_xen(job->x->root))
        return 0;
    return xs_open_handle(&job->records.xs, e);
}

static int find_functions(struct job *job, const struct cli_args *args, struct err *e)
{
    for (size_t i = 0; i < args->n_operands; i++) {
        struct bdf_pattern what;
        int r = device_form(args->operands[i]) == DEVICE_NAME ? open_records(job, e) : 0;

        if (!r)
            r = device_operand(job->x, &job->records, args->operands[i], &what, e);
        if (!r)
            r = inventory_add(job->inv, what, &job->bdfs, &job->n, e);
        if (r)
            return r;
    }
    return 0;
}

static int add_groups(struct job *job, struct err *e)
{
    size_t named = job->n;

    for (size_t i = 0; i < named; i++) {
        AUTO_FREE struct group_peer *peers = NULL;
        size_t n = 0;
        int r = bind_peers(job->x->root, job->inv, job->groups, job->bdfs[i], &peers, &n, e);

        for (size_t p = 0; !r && p < n; p++)
            r = bdf_add_once(&job->bdfs, &job->n, peers[p].bdf, e);
        if (r)
            return r;
    }
    return 0;
}

static int take_locks(struct job *job, struct err *e)
{
    int r = locks_open(&job->locks, job->x->root, e);

    if (!r)
        r = locks_take_functions(job->locks, job->bdfs, job->n, e);
    progress_end();
    return r;
}

/* Everything before the decision. */
static int look(struct job *job, const struct cli_args *args, const struct keeper *keeper,
                struct err *e)
{
    struct xvtd *x = job->x;
    int r = inventory_open(&job->inv, x->root, e);

    if (!r)
        r = find_functions(job, args, e);
    if (!r)
        r = groups_open(&job->groups, x->root, job->inv, e);
    if (!r && cli_has(args, O_WITH_GROUP))
        r = add_groups(job, e);
    if (!r)
        r = open_records(job, e);
    if (!r && !x->dry_run) {
        r = take_locks(job, e);
        if (!r)
            job->left = run_mention_left(x, RECOVER);
    }
    if (!r)
        r = bind_gather(&job->facts, x->root, &job->records, job->inv, job->groups, keeper,
                        job->bdfs, job->n, e);
    return r;
}

static struct apply context(struct job *job)
{
    return (struct apply){
        .root = job->x->root,
        .records = &job->records,
        .owner = host_owner,
        .remedy = "`" RECOVER "` tries again; `lspci -k` shows which driver has each device",
    };
}

static int describe(const struct job *job, enum journal_policy policy, struct journal_doc *doc,
                    struct err *e)
{
    const struct bind_facts *f = &job->facts;
    int r = 0;

    doc->policy = policy;
    snprintf(doc->command, sizeof(doc->command), "%s", job->x->name);
    doc->devices = calloc(f->n ? f->n : 1, sizeof(*doc->devices));
    if (!doc->devices)
        return err_nomem(e);
    for (; !r && doc->n_devices < f->n; doc->n_devices++)
        r = run_remember(job->x->root, &job->records, f->fns[doc->n_devices].bdf,
                         f->fns[doc->n_devices].driver.driver, &doc->devices[doc->n_devices], e);
    return r;
}

static int carry_out(struct job *job, enum journal_policy policy, struct err *e)
{
    CLEANUP(journal_doc_clear) struct journal_doc doc = { .n_devices = 0 };
    struct apply a = context(job);
    int r;

    plan_notes_tell(job->x, &job->notes);
    if (job->x->dry_run)
        return run_show(job->x, &job->plan, false, e);
    r = plan_changes(&job->plan) ? describe(job, policy, &doc, e) : 0;
    if (r)
        return r;
    r = run_plan(job->x, &a, &job->plan, &doc, APPLY_ALL, job->left, e);
    report_begin(job->x);
    report(job->x, &job->plan, "");
    report_end(job->x);
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
                               ALLOW_BOOT_HIDDEN, &request->allow, e);
}

/* The functions of the journal, locked. */
static int lock_devices(struct job *job, const struct journal_doc *doc, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < doc->n_devices; i++)
        r = bdf_add_once(&job->bdfs, &job->n, doc->devices[i].bdf, e);
    return r ? r : take_locks(job, e);
}

static int carry_on(struct finish *f, struct err *e)
{
    struct apply a = context(f->user);

    a.journal = f->journal;
    return f->undo ? finish_undo(&a, f->plan, e) : finish_all(&a, f->plan, APPLY_EACH, e);
}

/* Handles one journal, with its functions locked. */
static int finish(struct recovery *rec, struct job *job, const char *name, struct err *e)
{
    CLEANUP(journal_doc_clear) struct journal_doc doc = { .n_devices = 0 };
    struct finish f = { .x = job->x, .plan = &doc.plan, .doc = &doc, .carry = carry_on,
                        .user = job };
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
    struct job job = { .x = rec->x };
    int r;

    journal_end(journal, true);
    if (*doc->unknown) { /* another program's steps */
        xvtd_note(rec->x, "interrupted", "", "note: `%s` was interrupted: run `xvtd recover` to "
                  "finish or undo it", doc->command);
        return 0;
    }
    r = open_records(&job, e);
    if (!r)
        r = lock_devices(&job, doc, e);
    if (!r)
        r = finish(rec, &job, name, e);
    job_close(&job);
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
    struct job job = { .x = program };
    int r;

    if (cli_has(args, O_RECOVER)) {
        if (args->n_operands || cli_has(args, O_DRIVER))
            return err_set(e, XV_USAGE, EINVAL, "--recover takes no device and no --driver");
        return recover(program, e);
    }
    if (!args->n_operands)
        return err_set(e, XV_USAGE, EINVAL, "too few operands: expected BDF...");
    r = read_request(args, &request, e);
    if (!r)
        r = look(&job, args, request.keeper, e);
    if (!r)
        r = bind_decide(&job.facts, &request, &job.plan, &job.notes, e);
    if (!r)
        r = carry_out(&job, POLICY_UNDO, e);
    job_close(&job);
    return r;
}

static int run_unbind(void *program, const struct cli_args *args, struct err *e)
{
    struct job job = { .x = program };
    unsigned allow = 0;
    int r = allow_parse(args, O_ALLOW, ALLOW_BOOT_HIDDEN, &allow, e);

    if (!r)
        r = look(&job, args, NULL, e);
    if (!r)
        r = unbind_decide(&job.facts, allow, &job.plan, e);
    if (!r)
        r = carry_out(&job, POLICY_FINISH, e);
    job_close(&job);
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
