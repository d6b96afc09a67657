/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/recover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/stop.h"
#include "base/text.h"
#include "engine/finish.h"
#include "session/domain.h"

#define PATIENCE_MS 10000   /* libxl's own time limit, for a guest that was asked before */
#define POLL_MS 200

/* A domain of the journal, as it is now. */
static const struct hv_domain *now(const struct facts *f, const struct journal_domain *dom)
{
    for (size_t i = 0; i < f->n_domains; i++)
        if (*dom->uuid && !strcmp(f->domains[i].uuid, dom->uuid))
            return &f->domains[i];
    return NULL;
}

/*
 * Updates the domids: a rebooted guest has a new one, and a dead guest has no devices left.
 * Returns true if the dead guest is the one that should get devices.
 */
static bool find_guests(struct plan *plan, const struct facts *f, const struct journal_doc *doc)
{
    bool lost = false;

    for (size_t i = 0; i < plan->n; i++) {
        struct step *step = &plan->steps[i];
        struct guest_step *guest = step_guest(step);
        const struct journal_domain *dom = &doc->dom;
        const struct hv_domain *is;

        if (!step_is_guests(step))
            continue;
        if (*doc->other.uuid && guest->pci.domid == doc->other.domid)
            dom = &doc->other;
        snprintf(guest->guest, sizeof(guest->guest), "%s", dom->name);
        if (!*dom->uuid || guest->pci.domid != dom->domid || step->status == STEP_ALREADY)
            continue;
        is = now(f, dom);
        if (is) {
            guest->pci.domid = is->domid;
        } else if (step->kind != STEP_REMEMBER) {
            lost |= step->kind == STEP_ATTACH;
            step->status = step->kind == STEP_ATTACH ? STEP_UNDONE : STEP_ALREADY;
            step->open = false;
            step_say(step, "%s is gone", dom->name);
        }
    }
    return lost;
}

/* The part of the manifest that belongs to the journal. */
static int rebuild_manifest(struct manifest *m, const struct journal_doc *doc,
                            const struct plan *plan, struct err *e)
{
    snprintf(m->file, sizeof(m->file), "%s", doc->manifest);
    snprintf(m->uuid, sizeof(m->uuid), "%s", doc->dom.uuid);
    snprintf(m->name, sizeof(m->name), "%s", doc->dom.name);
    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step = &plan->steps[i];
        struct manifest_device *d;

        if (step->kind != STEP_DETACH && step->kind != STEP_ATTACH)
            continue;
        d = manifest_add(m);
        if (!d)
            return err_nomem(e);
        d->pci = step_guest(step)->pci;
        d->dev = *journal_device(doc, step->bdf);
    }
    return 0;
}

static int finish(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e)
{
    int r = finish_all(a, plan, mode, e);

    /* libxl leaves a record when it is killed between its own two steps. */
    for (size_t i = 0; i < plan->n; i++) {
        struct err one;

        if (plan->steps[i].kind == STEP_DETACH && plan->steps[i].status == STEP_DONE &&
            step_mend_owner(a, plan->steps[i].bdf, &one) && !r) {
            r = -EIO;
            *e = one;
        }
    }
    return r;
}

/* Had the command begun to take devices out of a guest? */
static bool was_asked(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == STEP_DETACH &&
            (plan->steps[i].open || plan->steps[i].status == STEP_DONE))
            return true;
    return false;
}

/*
 * Counts the requested functions that are still on the guest's bus, or in xenstore if the bus is
 * unknown.
 */
static int count_held(const struct apply *a, const struct plan *plan,
                      const struct hv_domain *from, size_t *held, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    AUTO_FREE struct hv_slot *bus = NULL;
    size_t n = 0, n_assigned = 0;
    int r = hv_bus(a->guest->hv, from, &bus, &n, e);
    bool bus_known = r != -EOPNOTSUPP;

    if (!bus_known)
        r = hv_assigned_to(a->guest->hv, from->domid, &assigned, &n_assigned, e);
    *held = 0;
    for (size_t i = 0; !r && i < plan->n; i++) {
        struct bdf bdf = plan->steps[i].bdf;

        if (plan->steps[i].kind == STEP_DETACH && plan->steps[i].open)
            *held += bus_known ? bus_find_host(bus, n, bdf) != NULL
                               : guest_pci_find(assigned, n_assigned, bdf) != NULL;
    }
    return r;
}

/*
 * A guest may still answer an earlier request, and a killed command may have sent none.  Only
 * waiting shows which.
 */
static int await(const struct apply *a, const struct plan *plan, const struct hv_domain *from,
                 size_t *held, struct err *e)
{
    long long deadline = stop_now_ms() + PATIENCE_MS;
    int r;

    while (!(r = count_held(a, plan, from, held, e)) && *held && stop_now_ms() < deadline &&
           !stop_requested())
        stop_sleep_ms(POLL_MS);
    return r;
}

/* from: the guest that had the devices, NULL if it no longer exists. */
static int finish_once_let_go(struct finish *f, const struct apply *a, bool asked,
                              const struct hv_domain *from, bool to_runs, struct err *e)
{
    struct plan *plan = f->plan;
    size_t held = 0;
    int r;

    f->undo = true;
    if (!asked)
        return 0; /* no device was moved yet */
    r = from ? await(a, plan, from, &held, e) : 0;
    if (r)
        return r;
    if (!from || (!f->doc->undoing && !held && to_runs)) {
        f->undo = !to_runs;
        return to_runs ? finish(a, plan, APPLY_ALL, e) : 0; /* 0: both guests are gone */
    }
    r = finish_undo(a, plan, e);
    if (r || !held || !from->paused)
        return r;
    r = err_set(e, XV_INCOMPLETE, ETIMEDOUT, "'%s' is paused, so xvtd cannot tell whether it "
                "releases the device",
                from->name);
    err_kind(e, "pending");
    err_hint(e, "run `xl unpause %s`, then `xvtd recover` again", DOMAIN_XL_ARG(from));
    return r;
}

struct guests_part {
    struct operation *op;
    bool asked;     /* was_asked() before */
};

/* Called when the plan's devices and guests are found. */
static int carry_out(struct finish *f, struct err *e)
{
    const struct guests_part *part = f->user;
    const struct journal_doc *doc = f->doc;
    const struct facts *facts = &part->op->facts;
    CLEANUP(manifest_clear) struct manifest manifest = { .n = 0 };
    struct guest_side guest = {
        .manifest = &manifest, .timeout_ms = doc->timeout_ms, .force = doc->force,
    };
    struct apply a = operation_context(part->op, &guest);
    int r = *doc->manifest ? rebuild_manifest(&manifest, doc, f->plan, e) : 0;

    a.journal = f->journal;
    progress_begin(!f->x->quiet, "xvtd: still running: %s %s (Ctrl-C stops it cleanly)",
                   doc->command, doc->dom.name);
    if (!r && doc->policy == POLICY_ONCE_LET_GO)
        r = finish_once_let_go(f, &a, part->asked, now(facts, &doc->other), facts->dom != NULL, e);
    else if (!r)
        r = f->undo ? finish_undo(&a, f->plan, e) : finish(&a, f->plan, APPLY_EACH, e);
    progress_end();
    return r;
}

int recover_lock(struct operation *op, const struct journal_doc *doc, struct err *e)
{
    const char *uuids[2];
    size_t n = 0;

    op->bdfs = calloc(doc->n_devices, sizeof(*op->bdfs));
    if (!op->bdfs)
        return err_nomem(e);
    for (; op->n_bdfs < doc->n_devices; op->n_bdfs++)
        op->bdfs[op->n_bdfs] = doc->devices[op->n_bdfs].bdf;
    if (*doc->dom.uuid)
        uuids[n++] = doc->dom.uuid;
    if (*doc->other.uuid && strcmp(doc->other.uuid, doc->dom.uuid))
        uuids[n++] = doc->other.uuid;
    if (n == 2 && strcmp(uuids[0], uuids[1]) > 0) {
        uuids[0] = doc->other.uuid;
        uuids[1] = doc->dom.uuid;
    }
    return operation_lock(op, uuids, n, e);
}

int recover_run(bool *undone, struct operation *op, struct journal_doc *doc,
                struct journal *journal, struct err *e)
{
    struct guests_part part = { op, was_asked(&doc->plan) };
    struct finish f = { .x = op->x, .journal = journal, .plan = &op->plan, .doc = doc,
                        .carry = carry_out, .user = &part };
    bool lost;
    int r;

    op->plan = doc->plan;
    doc->plan = (struct plan){ NULL, 0 };
    journal_follow(journal, &op->plan);
    op->facts.dom = now(&op->facts, &doc->dom);
    lost = find_guests(&op->plan, &op->facts, doc);
    f.undo = doc->policy == POLICY_UNDO || (doc->policy == POLICY_FINISH && lost);
    r = finish_journal(&f, e);
    *undone = f.undo;
    return r;
}
