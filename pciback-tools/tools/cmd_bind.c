/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cmd_bind.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

#include "base/audit.h"
#include "base/document.h"
#include "base/lock.h"
#include "base/out.h"
#include "base/program.h"
#include "base/progress.h"
#include "base/this_machine.h"
#include "names/operand.h"
#include "tools/bind.h"

enum { O_DRIVER = 1, O_OWNER, O_WITH_GROUP, O_ALLOW };

static const struct cli_option bind_options[] = {
    { O_DRIVER, 'd', "driver", CLI_ARG, "NAME:pciback|pci-stub|vfio-pci", "the one to hold them" },
    { O_OWNER, 0, "owner", CLI_ARG, "USER", "vfio-pci: give /dev/vfio/GROUP to USER" },
    { O_WITH_GROUP, 0, "with-group", CLI_NO_ARG, NULL,
      "take the devices' co-assignment groups whole" },
    { O_ALLOW, 0, "allow", CLI_ARG,
      "CHECK:in-use|split-group|boot-hidden", "switch off one safety check" },
    { 0 },
};

static const struct cli_option unbind_options[] = {
    { O_WITH_GROUP, 0, "with-group", CLI_NO_ARG, NULL,
      "give the devices' co-assignment groups back whole" },
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
    struct bdf *bdfs;           /* every function that the operands name, once */
    size_t n;
    struct bind_plan plan;
};

static void job_close(struct job *job)
{
    free(job->plan.steps);
    free(job->bdfs);
    bind_facts_clear(&job->facts);
    locks_close(job->locks);
    groups_close(job->groups);
    inventory_close(job->inv);
    xs_close_handle(job->records.xs);
}

static int add_function(struct job *job, struct bdf bdf, struct err *e)
{
    for (size_t i = 0; i < job->n; i++)
        if (bdf_equal(job->bdfs[i], bdf))
            return 0;
    if (ARRAY_GROW(job->bdfs, job->n))
        return err_nomem(e);
    job->bdfs[job->n++] = bdf;
    return 0;
}

/* Names need xenstore before anything else does. */
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
        AUTO_FREE struct bdf *found = NULL;
        struct bdf_pattern what;
        size_t count = 0;
        int r = device_name_valid(args->operands[i]) ? open_records(job, e) : 0;

        if (!r)
            r = device_operand(job->x, &job->records, args->operands[i], &what, e);
        if (!r)
            r = inventory_match(job->inv, what, &found, &count, e);
        for (size_t f = 0; !r && f < count; f++)
            r = add_function(job, found[f], e);
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
            r = add_function(job, peers[p].bdf, e);
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

/* Everything up to the decision. */
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
    if (!r && !x->dry_run)
        r = take_locks(job, e);
    if (!r)
        r = bind_gather(&job->facts, x->root, &job->records, job->inv, job->groups, keeper,
                        job->bdfs, job->n, e);
    return r;
}

static int print_plan(struct job *job, struct err *e)
{
    static const char *const kinds[] = {
        [BIND_LOAD] = "load-module",
        [BIND_TAKE] = "bind",
        [BIND_RETURN] = "unbind",
        [BIND_OWNER] = "set-owner",
    };
    struct json *json = job->x->json ? xvtd_json(job->x) : NULL;
    char text[256], undo[128], group[32];
    size_t shown = 0;

    if (job->x->json && !json)
        return err_nomem(e);
    if (json)
        json_array(json, "plan");
    for (size_t i = 0; i < job->plan.n; i++) {
        const struct bind_step *step = &job->plan.steps[i];

        if (step->status != BIND_WAITING)
            continue;
        bind_describe(step, text, sizeof(text), undo, sizeof(undo));
        snprintf(group, sizeof(group), "/dev/vfio/%d", step->group);
        if (json) {
            document_step(json, kinds[step->kind],
                          step->kind == BIND_LOAD    ? step->keeper->module
                          : step->kind == BIND_OWNER ? group
                                                     : BDF_STR(step->bdf), undo, text);
        } else {
            out_line("%zu. %s  (undo: %s)", ++shown, text, undo);
        }
    }
    if (json)
        json_end_array(json);
    else if (!shown)
        out_line("nothing to do");
    return 0;
}

static void report_json(struct json *json, const struct root *root, const struct bind_step *step,
                        const char *status)
{
    struct driver_state now = { "", "" };
    struct err ignored;

    driver_look(root, step->bdf, &now, &ignored);
    json_object(json, NULL);
    document_result(json, BDF_STR(step->bdf), status, 0, 0, step->message);
    json_str(json, "driver", *now.driver ? now.driver : NULL);
    if (!strcmp(now.driver, "vfio-pci"))
        json_strf(json, "group_file", "/dev/vfio/%d", step->group);
    else
        json_null(json, "group_file");
    json_end_object(json);
}

static void report(struct job *job)
{
    static const char *const words[] = {
        [BIND_WAITING] = "undone",  /* a plan that stopped before it came to this */
        [BIND_DONE] = "done",
        [BIND_ALREADY] = "already",
        [BIND_UNDONE] = "undone",
        [BIND_FAILED] = "failed",
    };
    struct xvtd *x = job->x;
    struct json *json = x->json ? xvtd_json(x) : NULL;

    if (json) {
        json_array(json, "results");
        x->doc_complete = true;
    }
    for (size_t i = 0; i < job->plan.n; i++) {
        struct bind_step *step = &job->plan.steps[i];

        if (step->kind == BIND_OWNER && step->status == BIND_DONE && !x->quiet && !json)
            out_line("/dev/vfio/%d: belongs to user %u", step->group, step->uid);
        if (step->kind != BIND_TAKE && step->kind != BIND_RETURN)
            continue;
        if (step->status == BIND_WAITING)
            snprintf(step->message, sizeof(step->message), "as it was");
        audit(x, &(struct audit){ .device = BDF_STR(step->bdf), .result = words[step->status],
                                  .message = step->message });
        if (json)
            report_json(json, x->root, step, words[step->status]);
        else if (!x->quiet && !x->json)
            out_line("%s: %s", BDF_STR(step->bdf), step->message);
    }
    if (json)
        json_end_array(json);
}

static void tell_step(const struct bind_step *step, void *user)
{
    const struct xvtd *x = user;
    char text[256], undo[128];

    bind_describe(step, text, sizeof(text), undo, sizeof(undo));
    if (x->verbose)
        xvtd_note(x, "%s", text);
    progress_begin(!x->quiet, "%s: still at it: %s (Ctrl-C stops in order)", x->name, text);
}

static int carry_out(struct job *job, struct err *e)
{
    int r;

    if (*job->plan.note)
        xvtd_note(job->x, "%s", job->plan.note);
    if (job->x->dry_run)
        return print_plan(job, e);
    r = bind_apply(job->x->root, &job->records, &job->plan, tell_step, job->x, e);
    progress_end();
    report(job);
    return r;
}

static int find_user(const char *name, uid_t *ret, struct err *e)
{
    const struct passwd *user = getpwnam(name);
    char *end;
    unsigned long number = strtoul(name, &end, 10);

    if (!user && (!*name || *end || number >= UINT32_MAX))
        return err_set(e, XV_NOT_FOUND, ENOENT, "--owner: no user is called '%s'", name);
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
        r = err_set(e, XV_USAGE, EINVAL, "for which driver?");
        err_hint(e, "--driver=pciback for Xen's guests, --driver=vfio-pci for KVM's");
        return r;
    }
    if (!request->keeper)
        return err_set(e, XV_USAGE, EINVAL,
                       "--driver=%s: expected pciback, pci-stub or vfio-pci", driver);
    if (owner && strcmp(driver, "vfio-pci"))
        return err_set(e, XV_USAGE, EINVAL, "--owner is about vfio-pci's files; driver %s has "
                       "none", driver);
    request->owner = owner != NULL;
    r = owner ? find_user(owner, &request->uid, e) : 0;
    return r ? r : allow_parse(args, O_ALLOW, ALLOW_IN_USE | ALLOW_SPLIT_GROUP |
                               ALLOW_BOOT_HIDDEN, &request->allow, e);
}

static int run_bind(void *program, const struct cli_args *args, struct err *e)
{
    struct bind_request request = { .keeper = NULL };
    struct job job = { .x = program };
    int r = read_request(args, &request, e);

    if (!r)
        r = look(&job, args, request.keeper, e);
    if (!r)
        r = bind_decide(&job.facts, &request, &job.plan, e);
    if (!r)
        r = carry_out(&job, e);
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
        r = carry_out(&job, e);
    job_close(&job);
    return r;
}

static const struct cli_command cmd_bind = {
    .operands = "--driver=pciback|pci-stub|vfio-pci BDF...",
    .summary = "Take PCI devices from their drivers, to hold them for guests.",
    .details = "All devices or none; pciback-unbind gives them back to the drivers that they had.\n",
    .min = 1,
    .options = bind_options,
    .run = run_bind,
};

static const struct cli_command cmd_unbind = {
    .operands = "BDF...",
    .summary = "Give PCI devices back to the drivers that they had.",
    .details = "From pciback, pci-stub or vfio-pci; all devices or none.\n",
    .min = 1,
    .options = unbind_options,
    .run = run_unbind,
};

const struct cli_program bind_program = { .name = "pciback-bind", .only = &cmd_bind };
const struct cli_program unbind_program = { .name = "pciback-unbind", .only = &cmd_unbind };

int bind_main(int argc, char **argv)
{
    struct xvtd x = { .json = false };

    return program_main(&bind_program, argc, argv, &x);
}

int unbind_main(int argc, char **argv)
{
    struct xvtd x = { .json = false };

    return program_main(&unbind_program, argc, argv, &x);
}
