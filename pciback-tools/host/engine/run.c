/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/progress.h"
#include "base/stop.h"
#include "driver/giveback.h"
#include "engine/report.h"

bool run_mention_left(struct xvtd *x, const char *recover)
{
    bool left = journal_left(x->root);

    if (left)
        xvtd_note(x, "interrupted", "", "note: an earlier %s was interrupted: run `%s` to finish "
                  "or undo it", x->name, recover);
    return left;
}

int run_show(struct xvtd *x, const struct plan *plan, bool within, struct err *e)
{
    if (!x->json) {
        plan_print(plan);
        return 0;
    }
    if (!within)
        report_begin(x);
    if (!x->doc)
        return err_nomem(e);
    plan_json(plan, x->doc);
    if (!within)
        report_end(x);
    return 0;
}

int run_remember(const struct root *root, const struct records *records, struct bdf bdf,
                 const char *driver, struct remembered *ret, struct err *e)
{
    struct driver_state native = { "", "" };
    struct err ignored;
    int r = 0;

    *ret = (struct remembered){ .bdf = bdf, .was = bdf, .group = -1 };
    ret->has_identity = !identity_read(root, bdf, &ret->identity, &ignored);
    if (*driver && !driver_is_native(driver))
        r = native_on_record(root, records, bdf, &native, e);
    else
        snprintf(native.driver, sizeof(native.driver), "%s", driver);
    snprintf(ret->driver, sizeof(ret->driver), "%s", native.driver);
    return r;
}

static void tell_step(const struct step *step, void *user)
{
    const struct xvtd *x = user;
    struct step_text text;

    step_describe(step, &text);
    if (x->listener && x->listener->step)
        x->listener->step(text.what, x->listener->user);
    if (x->listener)
        return;
    if (x->verbose)
        xvtd_note(x, "step", text.object, "%s", text.what);
    progress_begin(!x->quiet, "%s: still running: %s (Ctrl-C stops it cleanly)", x->name,
                   text.what);
}

/* Is a step open, or did a signal stop the plan between steps that stay done and steps to come? */
static bool is_left(const struct plan *plan, bool failed)
{
    bool done = false, waits = false;

    for (size_t i = 0; i < plan->n; i++) {
        if (plan->steps[i].open)
            return true;
        done |= plan->steps[i].status == STEP_DONE;
        waits |= plan->steps[i].status == STEP_WAITING;
    }
    return failed && stop_requested() && done && waits;
}

/* Older journals no longer count for the functions that this plan has moved. */
static void settle(const struct root *root, const struct plan *plan)
{
    AUTO_FREE struct bdf *bdfs = calloc(plan->n ? plan->n : 1, sizeof(*bdfs));
    size_t n = 0;

    for (size_t i = 0; bdfs && i < plan->n; i++)
        if (plan->steps[i].status == STEP_DONE && step_is_function(&plan->steps[i]))
            bdfs[n++] = plan->steps[i].bdf;
    if (bdfs)
        journal_settle(root, bdfs, n);
}

int run_plan(struct xvtd *x, struct apply *a, struct plan *plan, const struct journal_doc *doc,
             enum apply_mode mode, bool left, struct err *e)
{
    int r = 0;

    a->progress = tell_step;
    a->user = x;
    if (doc && plan_changes(plan)) {
        r = plan_prepare(a, plan, e);
        if (!r)
            r = journal_begin(&a->journal, x->root, doc, plan, e);
        if (r)
            return r;
    }
    r = plan_apply(a, plan, mode, e);
    progress_end();
    journal_end(a->journal, is_left(plan, r != 0));
    if (!r && left)
        settle(x->root, plan);
    return r;
}
