/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/recover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "base/progress.h"
#include "change/report.h"
#include "change/steps.h"
#include "driver/allow.h"

/* What became of a domain of the journal. */
static const struct hv_domain *now(const struct facts *f, const struct journal_domain *dom)
{
    for (size_t i = 0; i < f->n_domains; i++)
        if (*dom->uuid && !strcmp(f->domains[i].uuid, dom->uuid))
            return &f->domains[i];
    return NULL;
}

/* A guest that was rebooted has another number; one that is gone has nothing left. */
static void find_domain(struct plan *plan, const struct facts *f,
                        const struct journal_domain *dom)
{
    const struct hv_domain *is = now(f, dom);

    for (size_t i = 0; *dom->uuid && i < plan->n; i++) {
        struct step *step = &plan->steps[i];

        if (step->pci.domid != dom->domid || step->status == STEP_ALREADY)
            continue;
        if (is) {
            step->pci.domid = is->domid;
        } else {
            if (step->kind == STEP_REMEMBER)
                continue;
            step->status = step->kind == STEP_ATTACH ? STEP_UNDONE : STEP_ALREADY;
            step->open = false;
            step_say(step, "%s is gone", dom->name);
        }
    }
}

/* Is it still the device that the journal tells of, and still that command's business? */
static int check_devices(struct work *w, const struct journal_doc *doc, struct err *e)
{
    for (size_t d = 0; d < doc->n_devices; d++) {
        const struct remembered *dev = &doc->devices[d];
        struct identity is;
        int r;

        if (dev->settled)
            for (size_t i = 0; i < w->plan.n; i++)
                if (bdf_equal(w->plan.steps[i].pci.bdf, dev->bdf) &&
                    !step_is_general(&w->plan.steps[i])) {
                    w->plan.steps[i].status = STEP_ALREADY;
                    w->plan.steps[i].open = false;
                    step_say(&w->plan.steps[i], "already where a later command put it");
                }
        if (dev->settled || !dev->has_identity)
            continue;
        r = identity_read(w->x->root, dev->bdf, &is, e);
        if (!r && !identity_equal(&is, &dev->identity)) {
            r = err_set(e, XV_INCOMPLETE, ENODEV, "%s: another device is there now",
                        BDF_STR(dev->bdf));
            err_kind(e, "identity");
            err_hint(e, "put things right by hand, then remove the journal");
        }
        if (r)
            return r;
    }
    return 0;
}

/* What is restored to a guest that is gone waits in its manifest. */
static bool undoes(const struct journal_doc *doc, const struct hv_domain *dom)
{
    return !strcmp(doc->command, "assign") || !strcmp(doc->command, "assignable add") ||
           (!strcmp(doc->command, "restore") && !dom);
}

/* The part of the manifest that the journal is about. */
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
        d->pci = step->pci;
        d->dev = *journal_device(doc, step->pci.bdf);
    }
    return 0;
}

static void set_context(struct apply *a, struct work *w, const struct journal_doc *doc,
                        struct journal *journal)
{
    *a = (struct apply){
        .root = w->x->root,
        .hv = w->x->hv,
        .domains = w->facts.domains,
        .n_domains = w->facts.n_domains,
        .journal = journal,
        .timeout_ms = doc->timeout_ms,
        .force = doc->force,
    };
}

/* What was begun or done goes back, the last step first. */
int recover_undo(const struct apply *a, struct plan *plan, struct err *e)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].open)
            plan->steps[i].status = STEP_FAILED;
    return plan_undo(a, plan, e);
}

/*
 * With no driver on record, whatever the kernel finds gets the function; once something has
 * it there is nothing left to do, and no way to tell it from one that came by itself.
 */
static int already_returned(const struct apply *a, struct step *step, struct err *e)
{
    struct driver_state is;
    int r;

    if (step->kind != STEP_RETURN || *step->native.driver || !step->open)
        return 0;
    r = driver_look(a->root, step->pci.bdf, &is, e);
    if (!r && *is.driver && strcmp(is.driver, PCIBACK)) {
        step->status = STEP_DONE;
        step->open = false;
        step_say(step, "returned to driver %s", is.driver);
        r = record_set(hv_records(a->hv), step->pci.bdf, "driver_path", NULL, e);
    }
    return r;
}

/* What was half taken or half attached goes back first: those begin at their beginning. */
static int begin_again(const struct apply *a, struct step *step, struct err *e)
{
    CLEANUP(inuse_close_p) struct inuse *inuse = NULL;
    AUTO_FREE struct holder *holders = NULL;
    size_t n = 0;
    int r = 0;

    if (step->open && (step->kind == STEP_TAKE || step->kind == STEP_ATTACH))
        r = step_ops[step->kind].undo(a, step, e);
    if (step->status == STEP_UNDONE || step->open)
        step->status = STEP_WAITING;
    if (!r)
        r = already_returned(a, step, e);
    if (r || step->kind != STEP_TAKE || step->status != STEP_WAITING)
        return r;
    /* Meanwhile dom0 may have found a use for it. */
    r = inuse_open(&inuse, a->root, e);
    if (r)
        return r;
    r = inuse_of(inuse, step->pci.bdf, &holders, &n, e);
    if (!r && !n)
        return 0;
    if (!r)
        refuse_in_use(step->pci.bdf, holders, n, e);
    step->status = STEP_FAILED;
    step->open = false;
    step_say(step, "%s", e->message);
    return 0;
}

void recover_whole_slots(struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        for (size_t j = 0; plan->steps[i].open && j < plan->n; j++)
            if (step_share_slot(&plan->steps[i], &plan->steps[j]) &&
                plan->steps[j].status == STEP_DONE)
                plan->steps[j].open = true;
}

/* The last step first: a device that is half attached has to leave before it is looked at. */
static int finish(const struct apply *a, struct plan *plan, struct err *e)
{
    int r = 0;

    recover_whole_slots(plan);
    for (size_t i = plan->n; !r && i-- > 0;)
        r = begin_again(a, &plan->steps[i], e);
    if (!r)
        r = plan_apply(a, plan, APPLY_EACH, e);
    for (size_t i = 0; !r && i < plan->n; i++)
        if (plan->steps[i].status == STEP_FAILED)
            r = err_set(e, XV_INCOMPLETE, EBUSY, "%s", plan->steps[i].message);
    /* libxl, killed between its own two steps, leaves a record behind. */
    for (size_t i = 0; i < plan->n; i++) {
        struct err one;

        if (plan->steps[i].kind == STEP_DETACH && plan->steps[i].status == STEP_DONE &&
            step_mend_owner(a, plan->steps[i].pci.bdf, &one) && !r) {
            r = -EIO;
            *e = one;
        }
    }
    return r;
}

static bool anything_left(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].open || plan->steps[i].status == STEP_FAILED ||
            plan->steps[i].status == STEP_PENDING)
            return true;
    return false;
}

/* --dry-run: the steps that would be made, or undone. */
static void print(struct work *w, bool undone)
{
    const char *dom = w->facts.dom ? w->facts.dom->name : "";
    char text[256], back[128];

    for (size_t k = 0; k < w->plan.n; k++) {
        const struct step *step = &w->plan.steps[undone ? w->plan.n - 1 - k : k];
        bool begun = step->open || step->status == STEP_DONE;

        if (step->status == STEP_ALREADY ||
            (undone ? !begun : step->status == STEP_DONE && !step->open))
            continue;
        if (w->x->doc)
            step_json(step, dom, undone, w->x->doc);
        if (w->x->json || w->x->quiet)
            continue;
        step_describe(step, dom, text, sizeof(text), back, sizeof(back));
        out_line("%s: %s", BDF_STR(step->pci.bdf), undone ? back : text);
    }
}

int recover_run(struct recovery *ret, struct work *w, struct journal_doc *doc,
                struct journal *journal, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest manifest = { .n = 0 };
    struct apply a;
    bool asked;
    int r;

    asked = recover_was_asked(&doc->plan);
    w->plan = doc->plan;
    doc->plan = (struct plan){ NULL, 0 };
    journal_follow(journal, &w->plan);
    w->facts.dom = now(&w->facts, &doc->dom);
    ret->undone = undoes(doc, w->facts.dom);
    find_domain(&w->plan, &w->facts, &doc->dom);
    find_domain(&w->plan, &w->facts, &doc->other);
    for (size_t i = 0; *doc->other.uuid && i < w->plan.n; i++)
        if (w->plan.steps[i].kind == STEP_DETACH)
            snprintf(w->plan.steps[i].domain, sizeof(w->plan.steps[i].domain), "%s",
                     doc->other.name);
    r = check_devices(w, doc, e);
    if (!r && *doc->manifest)
        r = rebuild_manifest(&manifest, doc, &w->plan, e);
    if (!r && w->x->dry_run) {
        print(w, ret->undone);
        journal_end(journal, true);
        return 0;
    }
    set_context(&a, w, doc, journal);
    a.manifest = &manifest;
    progress_begin(!w->x->quiet, "xvtd: still at it: %s %s (Ctrl-C stops in order)", doc->command,
                   doc->dom.name);
    if (!r && !strcmp(doc->command, "switch"))
        r = recover_switch(&a, &w->plan, asked, doc->undoing, now(&w->facts, &doc->other),
                           w->facts.dom != NULL, &ret->undone, e);
    else if (!r)
        r = ret->undone ? recover_undo(&a, &w->plan, e) : finish(&a, &w->plan, e);
    progress_end();
    journal_end(journal, r != 0 || anything_left(&w->plan));
    report(w->x, &w->plan, doc->dom.name);
    if (r)
        err_prefix(e, "%s%s%s", doc->command, *doc->dom.name ? " " : "", doc->dom.name);
    return r;
}
