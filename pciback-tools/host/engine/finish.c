/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/finish.h"

#include <errno.h>
#include <stdio.h>

#include "base/identity.h"
#include "base/out.h"
#include "engine/report.h"

static void settle(struct plan *plan, struct bdf bdf)
{
    for (size_t i = 0; i < plan->n; i++) {
        struct step *step = &plan->steps[i];

        if (!step_is_function(step) || !bdf_equal(step->bdf, bdf))
            continue;
        step->status = STEP_ALREADY;
        step->open = false;
        step_say(step, "already changed by a later command");
    }
}

static int check(const struct root *root, const struct journal_doc *doc, struct plan *plan,
                 struct err *e)
{
    for (size_t i = 0; i < doc->n_devices; i++) {
        const struct remembered *dev = &doc->devices[i];
        struct identity is;
        int r;

        if (dev->settled)
            settle(plan, dev->bdf);
        if (dev->settled || !dev->has_identity)
            continue;
        r = identity_read(root, dev->bdf, &is, e);
        if (!r && !identity_equal(&is, &dev->identity)) {
            char want[IDENTITY_TEXT_MAX], have[IDENTITY_TEXT_MAX];

            identity_format(&dev->identity, want);
            identity_format(&is, have);
            r = err_on(e, XV_INCOMPLETE, ENODEV, BDF_STR(dev->bdf), "another device is there now: "
                       "%s instead of %s", have, want);
            err_kind(e, "identity");
            err_hint(e, "correct the state by hand, then remove the journal");
        }
        if (r)
            return r;
    }
    return 0;
}

/* --dry-run: the steps to make, or with back to undo. */
static void print(struct xvtd *x, const struct plan *plan, bool back)
{
    for (size_t k = 0; k < plan->n; k++) {
        const struct step *step = &plan->steps[back ? plan->n - 1 - k : k];
        bool begun = step->open || step->status == STEP_DONE;
        struct step_text text;

        if (step->status == STEP_ALREADY ||
            (back ? !begun : step->status == STEP_DONE && !step->open))
            continue;
        if (x->doc)
            step_json(step, back, x->doc);
        if (x->json || x->quiet)
            continue;
        step_describe(step, &text);
        out_line("%s: %s", text.object, back ? text.undo : text.what);
    }
}

int finish_undo(const struct apply *a, struct plan *plan, struct err *e)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].open)
            plan->steps[i].status = STEP_FAILED;
    return plan_roll_back(a, plan, NULL, e);
}

/* A step that is tied to a half-done one, and moves with it as a whole, is half done too. */
static void open_tied(struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        for (size_t j = 0; plan->steps[i].open && j < plan->n; j++)
            if (step_tied(&plan->steps[i], &plan->steps[j]) &&
                plan->steps[j].status == STEP_DONE)
                plan->steps[j].open = true;
}

static int begin_again(const struct apply *a, struct step *step, struct err *e)
{
    const struct step_row *row = step_row(step);
    int r = step->open && row->anew ? row->undo(a, step, e) : 0;

    if (step->status == STEP_UNDONE || step->open)
        step->status = STEP_WAITING;
    return !r && step->status == STEP_WAITING && row->again ? row->again(a, step, e) : r;
}

int finish_all(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e)
{
    int r = 0;

    open_tied(plan);
    /* In reverse: a half-attached device must leave the guest before its driver is looked at. */
    for (size_t i = plan->n; !r && i-- > 0;)
        r = begin_again(a, &plan->steps[i], e);
    if (!r)
        r = plan_apply(a, plan, mode, e);
    for (size_t i = 0; !r && i < plan->n; i++)
        if (plan->steps[i].status == STEP_FAILED)
            r = err_set(e, XV_INCOMPLETE, EBUSY, "%s", plan->steps[i].message);
    return r;
}

/* Must something be ended another time? */
static bool is_left(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].open || plan->steps[i].status == STEP_FAILED ||
            plan->steps[i].status == STEP_PENDING)
            return true;
    return false;
}

static int refuse_unknown(const struct journal_doc *doc, struct err *e)
{
    int r = err_set(e, XV_REFUSED, EBADMSG, "this program does not know the step '%s'",
                    doc->unknown);

    err_kind(e, "version");
    err_hint(e, "run `%s` of the version that wrote it", doc->command);
    return r;
}

int finish_journal(struct finish *f, struct err *e)
{
    const struct journal_doc *doc = f->doc;
    int r = *doc->unknown ? refuse_unknown(doc, e) : 0;

    if (!r)
        r = check(f->x->root, doc, f->plan, e);
    if (!r && f->x->dry_run) {
        print(f->x, f->plan, f->undo);
        journal_end(f->journal, true);
        return 0;
    }
    if (!r)
        r = f->carry(f, e);
    journal_end(f->journal, r != 0 || is_left(f->plan));
    report(f->x, f->plan, doc->dom.name);
    if (r)
        err_prefix(e, "%s%s%s", doc->command, *doc->dom.name ? " " : "", doc->dom.name);
    return r;
}
