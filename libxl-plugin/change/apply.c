/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/apply.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "change/steps.h"

/* True when an earlier step of the same function did not come to its end. */
static bool blocked(const struct plan *plan, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (!step_is_general(&plan->steps[j]) &&
            bdf_equal(plan->steps[j].pci.bdf, plan->steps[i].pci.bdf) &&
            plan->steps[j].status != STEP_DONE && plan->steps[j].status != STEP_ALREADY)
            return true;
    return false;
}

/* An attach that no other may run beside: it shares its slot, or gets one from QEMU. */
static bool goes_alone(const struct plan *plan, const struct step *step)
{
    if (step->kind != STEP_ATTACH)
        return false;
    for (size_t i = 0; i < plan->n; i++)
        if (step_share_slot(&plan->steps[i], step))
            return true; /* function by function */
    return !step->pci.vslot;
}

/* The waiting steps from `from` on that go together with it, in one domain. */
static size_t collect_batch(struct plan *plan, size_t from, struct step **ret)
{
    size_t n = 0;

    for (size_t i = from; i < plan->n && plan->steps[i].kind == plan->steps[from].kind; i++) {
        if (plan->steps[i].status != STEP_WAITING ||
            plan->steps[i].pci.domid != plan->steps[from].pci.domid)
            continue;
        if (n && (goes_alone(plan, &plan->steps[i]) || blocked(plan, i)))
            continue;
        ret[n++] = &plan->steps[i];
        if (!step_ops[plan->steps[from].kind].batch || goes_alone(plan, &plan->steps[from]))
            break;
    }
    return n;
}

static int stopped(struct err *e)
{
    return err_set(e, XV_FAILED, EINTR, "stopped by %s",
                   stop_signal() == SIGINT ? "Ctrl-C" : "a signal");
}

/* An error says which function it is about, whatever went wrong below. */
static void name_object(const struct step *step, struct err *e)
{
    if (!step_is_general(step) && !strstr(e->message, BDF_STR(step->pci.bdf)))
        err_prefix(e, "%s", BDF_STR(step->pci.bdf));
    else if ((step->kind == STEP_REMEMBER || step->kind == STEP_FORGET) &&
             !strstr(e->message, "manifest"))
        err_prefix(e, "manifest");
}

/* Undoes one step that was done or tried; its status tells the result. */
static int undo_step(const struct apply *a, struct step *step, struct err *e)
{
    const struct step_ops *ops = &step_ops[step->kind];
    struct err ignored;
    int r = ops->undo ? ops->undo(a, step, e) : 0;

    if (!r)
        journal_steps(a->journal, JOURNAL_UNDONE, &step, 1, &ignored);
    step->status = r ? STEP_FAILED : STEP_UNDONE;
    if (r) {
        step->open = true; /* recover tries again */
        name_object(step, e);
        step_say(step, "%s", e->message);
    }
    return r;
}

/* True when a later step of the same function could not be undone: it stays where it is. */
static bool undo_blocked(const struct plan *plan, size_t i)
{
    for (size_t j = i + 1; j < plan->n; j++)
        if (bdf_equal(plan->steps[j].pci.bdf, plan->steps[i].pci.bdf) &&
            plan->steps[j].status == STEP_FAILED)
            return true;
    return false;
}

int plan_undo(const struct apply *a, struct plan *plan, struct err *e)
{
    bool held = stop_hold(true);
    int result = 0;

    journal_undoing(a->journal);
    for (size_t i = plan->n; i-- > 0;) {
        struct err one;
        int r;

        if ((plan->steps[i].status != STEP_DONE && plan->steps[i].status != STEP_FAILED) ||
            undo_blocked(plan, i))
            continue;
        r = undo_step(a, &plan->steps[i], &one);
        if (r && !result) {
            result = r;
            *e = one;
        }
    }
    stop_hold(held);
    return result;
}

/* The step that begins is in the journal before it changes anything. */
static int carry_out(const struct apply *a, struct step **batch, size_t n, struct err *e)
{
    int r = journal_steps(a->journal, JOURNAL_BEGIN, batch, n, e);

    if (a->progress)
        a->progress(batch[0], a->user);
    if (!r)
        r = step_ops[batch[0]->kind].apply(a, batch, n, e);
    for (size_t i = 0; i < n; i++) {
        struct err ignored;

        if (batch[i]->status == STEP_DONE)
            journal_steps(a->journal, JOURNAL_DONE, &batch[i], 1, &ignored);
    }
    if (r)
        name_object(batch[0], e);
    return r;
}

static int apply_all(const struct apply *a, struct plan *plan, struct step **batch,
                     struct err *e)
{
    struct err undo;
    int r = 0;

    for (size_t i = 0; !r && i < plan->n; i++) {
        size_t n = collect_batch(plan, i, batch);

        if (plan->steps[i].status != STEP_WAITING)
            continue;
        if (stop_requested()) {
            r = stopped(e);
            break;
        }
        r = carry_out(a, batch, n, e);
        for (size_t b = 0; r && b < n; b++)
            batch[b]->status = STEP_FAILED;
    }
    if (!r)
        return 0;
    if (plan_undo(a, plan, &undo)) {
        e->code = XV_INCOMPLETE;
        e->kind = "incomplete";
        err_append(e, "; and it could not be put back: %s", undo.message);
        err_hint(e, "%s", *undo.hint ? undo.hint : "`xvtd recover` tries that again; `xvtd list` "
                 "tells what is where now");
    } else if (!strcmp(e->kind, "pending")) {
        err_hint(e, "nothing was moved; should the guest let go after all, the same command again "
                 "goes on from there");
    } else if (e->code != XV_CANNOT) {
        e->code = XV_FAILED;
    }
    return r;
}

/* The steps of one function up to `at`, the last one first, as far as there are undos. */
static int back_off_one(const struct apply *a, struct plan *plan, size_t at, struct err *e)
{
    for (size_t i = at + 1; i-- > 0;) {
        struct step *step = &plan->steps[i];
        struct err ignored;
        int r;

        if (!bdf_equal(step->pci.bdf, plan->steps[at].pci.bdf) || step_is_general(step) ||
            (i != at && step->status != STEP_DONE))
            continue;
        if (!step_ops[step->kind].undo || (step->kind == STEP_DETACH && !step->back))
            break;
        r = step_ops[step->kind].undo(a, step, e);
        if (r)
            return r;
        journal_steps(a->journal, JOURNAL_UNDONE, &step, 1, &ignored);
        if (step->status == STEP_DONE)
            step->status = STEP_UNDONE;
    }
    return 0;
}

/*
 * After a failure half-way, back to where the function was: the next try finds it there.
 * A step without an undo stays open, and what was done before it stays done.  What was
 * attached to the same slot, which leaves as a whole, leaves too, and nothing follows.
 */
static void back_off(const struct apply *a, struct plan *plan, size_t at, struct err *e)
{
    bool held = stop_hold(true);
    struct err undo;
    int r = back_off_one(a, plan, at, &undo);

    for (size_t i = 0; i < plan->n; i++) {
        struct step *other = &plan->steps[i];

        if (!step_share_slot(other, &plan->steps[at]))
            continue;
        if (!r && other->status == STEP_DONE)
            r = back_off_one(a, plan, i, &undo);
        if (other->status == STEP_WAITING || other->status == STEP_UNDONE) {
            other->status = STEP_FAILED;
            step_say(other, "it goes with %s: %.180s", BDF_STR(plan->steps[at].pci.bdf),
                     e->message);
        }
    }
    if (r)
        err_append(e, "; and it could not be put back: %s", undo.message);
    stop_hold(held);
}

static int apply_each(const struct apply *a, struct plan *plan, struct step **batch,
                      struct err *e)
{
    int result = 0;

    for (size_t i = 0; i < plan->n; i++) {
        struct step *step = &plan->steps[i];
        size_t n;
        struct err one;
        int r;

        if (step->status != STEP_WAITING)
            continue;
        if (blocked(plan, i) || stop_requested()) {
            step->status = STEP_SKIPPED;
            continue;
        }
        n = collect_batch(plan, i, batch);
        r = carry_out(a, batch, n, &one);
        if (r && step_is_general(step) && step->kind != STEP_FORGET) {
            /* Nothing of what follows makes sense, and nothing was moved. */
            step->open = false;
            *e = one;
            return r;
        }
        for (size_t b = 0; r && b < n; b++)
            if (batch[b]->status != STEP_DONE)
                back_off(a, plan, (size_t)(batch[b] - plan->steps), &one);
        for (size_t b = 0; r && b < n; b++)
            if (batch[b]->status == STEP_WAITING) { /* others of its batch have told */
                batch[b]->status = STEP_FAILED;
                step_say(batch[b], "%s", one.message);
            }
        if (r && !result) {
            result = r;
            *e = one;
        }
    }
    if (!result && stop_requested())
        result = stopped(e);
    if (result) {
        e->code = XV_INCOMPLETE;
        if (!*e->hint)
            err_hint(e, "the same command again goes on from where things are now");
    }
    return result;
}

int plan_apply(const struct apply *a, struct plan *plan, enum apply_mode mode, struct err *e)
{
    AUTO_FREE struct step **batch = calloc(plan->n ? plan->n : 1, sizeof(struct step *));

    if (!batch)
        return err_nomem(e);
    return mode == APPLY_ALL ? apply_all(a, plan, batch, e) : apply_each(a, plan, batch, e);
}
