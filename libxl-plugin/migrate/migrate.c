/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "migrate/migrate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/audit.h"
#include "base/child.h"
#include "base/lock.h"
#include "base/out.h"
#include "base/progress.h"
#include "base/stop.h"
#include "base/text.h"
#include "change/eject.h"
#include "change/operation.h"
#include "engine/report.h"
#include "migrate/after.h"
#include "session/domain.h"

/* Time limit for the other host, including a person at ssh's prompt. */
#define CHECK_MS 120000
#define KEEP_MS 30000
#define RESTORE_MS 300000
#define DROP_MS 5000

/*
 * How long other commands for the guest wait: xl may need so long, and cannot be stopped.
 */
#define MOVE_MS (3600 * 1000)

/* End time of each phase in ms; 0 if not reached. */
struct times {
    long long start, checked, out, moved, back;
};

static int ask(struct migration *m, enum order_kind kind, const struct manifest *manifest,
               int timeout_ms, struct answer *ret, struct err *e)
{
    struct order order = {
        .kind = kind, .manifest = *manifest, .maps = m->maps, .n_maps = m->n_maps,
        .version = m->peer.version,
    };
    int r;

    progress_begin(!m->x->quiet, "xvtd: still waiting for the xvtd on %s", m->peer.host);
    r = peer_ask(&m->peer, &order, timeout_ms, ret, e);
    progress_end();
    return r;
}

/* Turns the other host's refusal into ours.  Nothing was changed on this host. */
static int refused_there(struct migration *m, const struct answer *answer, struct err *e)
{
    *e = answer->error;
    if (e->code == XV_FAILED || e->code == XV_INCOMPLETE)
        e->code = XV_CANNOT;
    err_prefix(e, "%s", m->peer.host);
    return -EIO;
}

/* The release there would attach virtual functions without their settings, or refuses them. */
static int refuse_release(const struct migration *m, struct err *e)
{
    int r = err_on(e, XV_CANNOT, EPROTO, m->peer.host, "the xvtd there is of an earlier release, "
                   "which does not make the settings of virtual functions");

    err_kind(e, "version");
    err_hint(e, "upgrade xvtd on %s first", m->peer.host);
    return r;
}

/* Checks that every device has a place there. */
static int judge_check(struct migration *m, const struct manifest *manifest,
                       const struct answer *answer, struct err *e)
{
    const struct step *first = NULL;
    size_t n = 0;
    int r;

    if (manifest_version(manifest) > answer->version)
        return refuse_release(m, e);
    if (answer->failed)
        return refused_there(m, answer, e);
    if (answer->plan.n != manifest->n)
        return err_on(e, XV_CANNOT, EPROTO, m->peer.host,
                      "it was asked about %zu devices and answered about %zu", manifest->n,
                      answer->plan.n);
    for (size_t i = 0; i < answer->plan.n; i++)
        if (answer->plan.steps[i].status != STEP_ALREADY && !n++)
            first = &answer->plan.steps[i];
    if (!n)
        return 0;
    r = err_on(e, XV_REFUSED, ENODEV, m->peer.host, "%s: %s", BDF_STR(first->bdf), first->message);
    if (n > 1)
        err_append(e, " (and %zu more)", n - 1);
    err_hint(e, "run `xvtd check` on %s; --map=OLD=NEW names the device there that replaces OLD",
             m->peer.host);
    return r;
}

/* Adds a step of a plan about two hosts; cuts a name that is too long. */
static int add_step(struct migration *m, struct plan *plan, enum step_kind kind,
                    const struct guest_pci *pci, const char *way, struct err *e)
{
    struct step *step = plan_guest(plan, kind, NULL, pci);
    char text[HV_NAME_MAX + 300];

    if (!step)
        return err_nomem(e);
    snprintf(text, sizeof(text), "%s %s %s", m->dom->name, way, m->peer.host);
    snprintf(step_guest(step)->guest, HV_NAME_MAX, "%.*s", HV_NAME_MAX - 1, text);
    return 0;
}

/* --dry-run: the steps here, the move, the steps there. */
static int print_plan(struct migration *m, struct plan *plan, const struct plan *there,
                      struct err *e)
{
    static const struct guest_pci none;
    int r = add_step(m, plan, STEP_MIGRATE, &none, "to", e);

    for (size_t i = 0; !r && i < there->n; i++)
        r = add_step(m, plan, STEP_ATTACH, &step_guest(&there->steps[i])->pci, "on", e);
    if (r)
        return r;
    if (!m->x->json) {
        plan_print(plan);
        return 0;
    }
    report_begin(m->x);
    if (!m->x->doc)
        return err_nomem(e);
    plan_json(plan, m->x->doc);
    report_end(m->x);
    return 0;
}

static int begin_journal(struct migration *m, const struct manifest *manifest,
                         const struct plan *plan, struct journal **ret, struct err *e)
{
    struct journal_doc doc = { .timeout_ms = m->timeout_ms, .command = "migrate",
                               .policy = POLICY_BY_GUEST };
    int r;

    snprintf(doc.dom.uuid, sizeof(doc.dom.uuid), "%s", m->dom->uuid);
    snprintf(doc.dom.name, sizeof(doc.dom.name), "%s", m->dom->name);
    doc.dom.domid = m->dom->domid;
    snprintf(doc.manifest, sizeof(doc.manifest), "%s", manifest->file);
    snprintf(doc.host, sizeof(doc.host), "%s", m->peer.host);
    doc.devices = calloc(manifest->n, sizeof(*doc.devices));
    if (!doc.devices)
        return err_nomem(e);
    for (; doc.n_devices < manifest->n; doc.n_devices++)
        doc.devices[doc.n_devices] = manifest->devices[doc.n_devices].dev;
    r = journal_begin(ret, m->x->root, &doc, plan, e);
    journal_doc_clear(&doc);
    return r;
}

/* The manifest's devices that the guest has at this moment. */
static int still_in(struct migration *m, const struct manifest *manifest, struct manifest *ret,
                    struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    size_t n = 0;
    int r = hv_assigned_to(m->x->hv, m->dom->domid, &assigned, &n, e);

    *ret = *manifest;
    ret->devices = NULL;
    ret->n = 0;
    for (size_t i = 0; !r && i < manifest->n; i++) {
        struct manifest_device *d;

        if (!guest_pci_find(assigned, n, manifest->devices[i].dev.bdf))
            continue;
        d = manifest_add(ret);
        if (!d)
            return err_nomem(e);
        *d = manifest->devices[i];
    }
    return r;
}

/* Restores here, if the guest is here under its own name. */
static int restore_here(struct migration *m, struct err *e)
{
    AUTO_FREE struct hv_domain *domains = NULL;
    const struct hv_domain *dom;
    char why[256];
    size_t n = 0;
    int r = hv_domains(m->x->hv, &domains, &n, e);

    if (r)
        return r;
    if (after_migration(domains, n, m->dom->uuid, m->dom->name, &dom, why) != AFTER_HERE)
        return err_set(e, XV_INCOMPLETE, EBUSY, "%s", *why ? why : "the guest is gone");
    return migrate_restore_here(m->x, dom, NULL, e);
}

/*
 * Puts everything back after a failure (*e has the cause).  Devices that the guest was asked for
 * and has not released stay in the manifest: when they are out, `recover` brings them back too.
 */
static int put_back(struct migration *m, const struct manifest *manifest, bool kept,
                     struct err *e)
{
    CLEANUP(manifest_clear) struct manifest stuck = { .n = 0 };
    bool pending = e->code == XV_INCOMPLETE, held = stop_hold(true);
    struct answer answer = { .failed = false };
    struct err ignored, back;
    int r = still_in(m, manifest, &stuck, &back);

    if (!r && stuck.n == manifest->n && !pending) {
        stop_hold(held);
        return -EIO; /* no device has left the guest */
    }
    if (!r)
        r = restore_here(m, &back);
    if (!r && pending && stuck.n)
        r = manifest_merge(&stuck, m->x->root, &back);
    if (kept && !ask(m, ORDER_DROP, manifest, DROP_MS, &answer, &ignored))
        answer_clear(&answer);
    stop_hold(held);
    if (r) {
        err_append(e, "; not all of its devices are back: %s", back.message);
        err_hint(e, "xvtd recover %s", DOMAIN_ARG(m->dom));
        e->code = XV_INCOMPLETE;
    } else if (pending && stuck.n) {
        err_append(e, "; the other devices are back");
        err_hint(e, "run `xvtd recover %s` to wait again until the guest releases it",
                 DOMAIN_ARG(m->dom));
    } else {
        err_append(e, "; its devices are back");
        *e->hint = '\0';
        e->code = XV_FAILED;
    }
    return -EIO;
}

/* Reports the removals only if a device stays in. */
static int take_out(struct migration *m, long long *began, struct err *e)
{
    struct xvtd *x = m->x;
    int r;

    report_begin(x);
    r = eject_one(x, m->dom, true, NULL, m->timeout_ms, began, e);
    if (!r && x->json) {
        x->doc = json_free(x->doc);
        report_begin(x);
    }
    return r;
}

/* Sends the manifest of eject to the other host before the guest. */
static int hand_over(struct migration *m, struct manifest *manifest, bool *kept, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest written = { .n = 0 };
    struct answer answer = { .failed = false };
    int r;

    snprintf(written.file, sizeof(written.file), "%s", manifest->file);
    r = manifest_load(&written, e);
    if (r)
        return r;
    manifest_clear(manifest);
    *manifest = written;
    written = (struct manifest){ .n = 0 };
    *kept = true; /* the answer was lost: the other host may have it */
    r = ask(m, ORDER_KEEP, manifest, KEEP_MS, &answer, e);
    if (!r && answer.failed)
        r = refused_there(m, &answer, e);
    answer_clear(&answer);
    return r;
}

/* Runs xl; -EIO with the reason if it fails. */
static int run_xl(struct migration *m, int keep, struct err *e)
{
    AUTO_FREE const char **argv = calloc(m->n_xl_args + 8, sizeof(*argv));
    AUTO_FREE char *says = NULL;
    char domid[16], cause[512];
    size_t n = 0;
    int code = 0, r;

    if (!argv)
        return err_nomem(e);
    snprintf(domid, sizeof(domid), "%u", m->dom->domid);
    argv[n++] = "xl";
    argv[n++] = "migrate";
    argv[n++] = "-s";
    argv[n++] = m->peer.rsh;
    for (size_t i = 0; i < m->n_xl_args; i++)
        argv[n++] = m->xl_args[i];
    argv[n++] = domid;
    argv[n++] = m->peer.host;
    progress_begin(!m->x->quiet, "xvtd: still running: xl migrate %s to %s (nothing can stop it "
                   "midway)", m->dom->name, m->peer.host);
    r = child_run((char *const *)argv, keep, &code, m->x->verbose ? NULL : &says, e);
    progress_end();
    if (r || !code)
        return r;
    after_cause(says ? says : "", cause, sizeof(cause));
    return err_set(e, XV_FAILED, EIO, "xl migrate ended with exit code %d%s%s", code,
                   *cause ? ": " : "", cause);
}

/* Adds what is known about an unclear end of a move, and the hint. */
static int unsure(struct migration *m, const char *why, struct err *e)
{
    err_append(e, "; %s%sxvtd changed nothing", why, *why ? ", so " : "");
    err_hint(e, "find the running guest with `xl list` on both hosts: there run `xvtd restore "
             "name:%s`, and here `xvtd recover`", SHELL_STR(m->dom->name));
    e->code = XV_INCOMPLETE;
    return -EIO;
}

/*
 * Moves the guest, which is locked.  *after says where it is.  xl inherits the journal: if we die
 * before xl does, the journal stays locked against `recover`.
 */
static int move(struct migration *m, struct journal *journal, struct plan *plan,
                enum after *after, struct err *e)
{
    const char *uuids[] = { m->dom->uuid };
    AUTO_FREE struct hv_domain *domains = NULL;
    const struct hv_domain *dom;
    struct operation op = { .x = m->x };
    struct step *step = &plan->steps[0];
    struct err look;
    char why[256];
    size_t n = 0;
    int r;

    locks_announce(MOVE_MS);
    r = operation_lock(&op, uuids, 1, e);
    *after = AFTER_HERE;
    if (!r)
        r = journal_steps(journal, JOURNAL_BEGIN, &step, 1, e);
    if (!r) {
        r = run_xl(m, journal ? journal_fd(journal) : -1, e);
        *after = AFTER_UNSURE;
    }
    operation_close(&op);
    if (*after == AFTER_HERE)
        return r;
    if (hv_domains(m->x->hv, &domains, &n, &look)) {
        if (!r)
            err_set(e, XV_FAILED, EIO, "xl migrate reported success");
        return unsure(m, look.message, e);
    }
    *after = after_migration(domains, n, m->dom->uuid, m->dom->name, &dom, why);
    if (!r && *after != AFTER_GONE) {
        err_set(e, XV_FAILED, EIO, "xl migrate reported success, but the guest is still here");
        *after = AFTER_UNSURE;
    } else if (!r || *after == AFTER_HERE) {
        return r;
    }
    return unsure(m, *after == AFTER_GONE ? "it is no longer here" : why, e);
}

/* The guest runs there: restore its devices there. */
static int finish_there(struct migration *m, const struct manifest *manifest, struct err *e)
{
    struct answer answer = { .failed = false };
    bool held = stop_hold(true);
    int r = ask(m, ORDER_RESTORE, manifest, RESTORE_MS, &answer, e);

    stop_hold(held);
    for (size_t i = 0; i < answer.plan.n; i++)
        snprintf(step_guest(&answer.plan.steps[i])->guest, HV_NAME_MAX, "%s", m->dom->name);
    report_there(m->x, &answer.plan);
    if (!r && answer.failed) {
        *e = answer.error;
        err_prefix(e, "it runs on %s, but", m->peer.host);
        r = -EIO;
    } else if (r) {
        err_prefix(e, "it runs on %s; are its devices back?", m->peer.host);
    }
    if (r && !*e->hint)
        err_hint(e, "on %s: xvtd restore name:%s", m->peer.host, SHELL_STR(m->dom->name));
    if (r)
        e->code = XV_INCOMPLETE;
    answer_clear(&answer);
    return r;
}

static void tell_times(const struct migration *m, const struct times *t)
{
    struct xvtd *x = m->x;

    if (x->json && x->doc) {
        json_object(x->doc, "migration");
        json_str(x->doc, "host", m->peer.host);
        json_int(x->doc, "check_ms", t->checked - t->start);
        json_int(x->doc, "eject_ms", t->out - t->checked);
        json_int(x->doc, "xl_migrate_ms", t->moved - t->out);
        json_int(x->doc, "restore_ms", t->back - t->moved);
        json_int(x->doc, "without_devices_ms", t->back - t->checked);
        json_end_object(x->doc);
    } else if (!x->quiet && !x->json) {
        out_line("%s: on %s: checked %.1f s, devices out %.1f s, xl migrate %.1f s, devices back "
                 "%.1f s; %.1f s without its devices", m->dom->name, m->peer.host,
                 (double)(t->checked - t->start) / 1000, (double)(t->out - t->checked) / 1000,
                 (double)(t->moved - t->out) / 1000, (double)(t->back - t->moved) / 1000,
                 (double)(t->back - t->checked) / 1000);
    }
}

/* Everything from the first change on. */
static int carry_out(struct migration *m, struct manifest *manifest, struct journal *journal,
                     struct plan *plan, struct times *t, bool *leave, struct err *e)
{
    enum after after;
    bool kept = false;
    int r = take_out(m, &t->checked, e);

    if (!r && manifest->n)
        r = hand_over(m, manifest, &kept, e);
    if (!r && stop_requested()) /* after this a stop is too late */
        r = err_set(e, XV_FAILED, EINTR, "stopped by a signal");
    t->out = stop_now_ms();
    if (r) {
        r = put_back(m, manifest, kept, e);
        *leave = e->code == XV_INCOMPLETE;
        return r;
    }
    r = move(m, journal, plan, &after, e);
    t->moved = stop_now_ms();
    if (r) {
        if (after == AFTER_HERE)
            r = put_back(m, manifest, kept, e);
        *leave = e->code == XV_INCOMPLETE;
        return r;
    }
    if (manifest->n) {
        struct err ignored;

        r = finish_there(m, manifest, e);
        manifest_remove(manifest, m->x->root, &ignored);
    }
    t->back = stop_now_ms();
    return r;
}

static int run_checked(struct migration *m, struct manifest *manifest, struct times *t,
                       struct err *e)
{
    CLEANUP(plan_clear) struct plan plan = { .n = 0 };
    struct journal *journal = NULL;
    bool leave = false;
    int r = 0;

    if (!plan_add(&plan, STEP_MIGRATE, (struct bdf){ 0 }))
        return err_nomem(e);
    if (manifest->n)
        r = begin_journal(m, manifest, &plan, &journal, e);
    if (r)
        return r;
    r = carry_out(m, manifest, journal, &plan, t, &leave, e);
    audit(m->x, &(struct audit){ .guest = m->dom->name, .host = m->peer.host,
                                 .result = t->moved && !r ? "done" : "failed",
                                 .message = r ? e->message : "migrated" });
    journal_end(journal, leave);
    report_end(m->x);
    if (t->back)
        tell_times(m, t);
    return r;
}

int migrate_run(struct migration *m, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest manifest = { .n = 0 };
    CLEANUP(plan_clear) struct plan plan = { .n = 0 };
    struct answer answer = { .failed = false };
    struct times t = { .start = stop_now_ms() };
    int r = eject_describe(m->x, m->dom, &manifest, &plan, e);

    if (!r && manifest.n) {
        r = ask(m, ORDER_CHECK, &manifest, CHECK_MS, &answer, e);
        if (!r)
            r = judge_check(m, &manifest, &answer, e);
    }
    t.checked = stop_now_ms();
    if (!r)
        r = m->x->dry_run ? print_plan(m, &plan, &answer.plan, e)
                          : run_checked(m, &manifest, &t, e);
    answer_clear(&answer);
    peer_close(&m->peer);
    if (r)
        err_prefix(e, "%s", m->dom->name);
    return r;
}
