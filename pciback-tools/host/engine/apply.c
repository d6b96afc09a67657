/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/apply.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/stop.h"

int plan_prepare(const struct apply *a, struct plan *plan, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < plan->n; i++) {
        struct step *step = &plan->steps[i];

        if (step->status == STEP_WAITING && step_row(step)->prepare)
            r = step_row(step)->prepare(a, step, e);
    }
    return r;
}

/* Did an earlier step of the same function fail? */
static bool blocked(const struct plan *plan, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (step_same_function(&plan->steps[j], &plan->steps[i]) &&
            plan->steps[j].status != STEP_DONE && plan->steps[j].status != STEP_ALREADY)
            return true;
    return false;
}

/* A step that others are tied to runs alone. */
static bool goes_alone(const struct plan *plan, const struct step *step)
{
    for (size_t i = 0; i < plan->n; i++)
        if (step_tied(&plan->steps[i], step))
            return true;
    return !step_row(step)->together;
}

/* The waiting steps from `from` on that run together with it. */
static size_t collect_batch(struct plan *plan, size_t from, struct step **ret)
{
    struct step *first = &plan->steps[from];
    size_t n = 0;

    ret[n++] = first;
    if (goes_alone(plan, first))
        return n;
    for (size_t i = from + 1; i < plan->n && plan->steps[i].kind == first->kind; i++) {
        struct step *step = &plan->steps[i];

        if (step->status == STEP_WAITING && !goes_alone(plan, step) && !blocked(plan, i) &&
            step_row(first)->together(first, step))
            ret[n++] = step;
    }
    return n;
}

static int stopped(struct err *e)
{
    return err_set(e, XV_FAILED, EINTR, "stopped by %s",
                   stop_signal() == SIGINT ? "Ctrl-C" : "a signal");
}

/* Adds the function to an error from below. */
static void name_object(const struct step *step, struct err *e)
{
    if (step_is_function(step))
        err_object(e, BDF_STR(step->bdf));
}

static void mark(const struct apply *a, enum journal_mark what, struct step *step)
{
    struct err ignored; /* ignored: `recover` finds the state by looking */

    journal_steps(a->journal, what, &step, 1, &ignored);
}

/* Undoes one step that was done or tried; its status is the result. */
static int undo_step(const struct apply *a, struct step *step, struct err *e)
{
    int r = step_row(step)->undo && !step->final ? step_row(step)->undo(a, step, e) : 0;

    if (!r) {
        mark(a, JOURNAL_UNDONE, step);
        step->status = STEP_UNDONE;
        return 0;
    }
    step->status = STEP_FAILED;
    step->open = true; /* recover tries again */
    name_object(step, e);
    return r;
}

/* Could a later step of the same function not be undone? Then the function stays where it is. */
static bool undo_blocked(const struct plan *plan, size_t i)
{
    for (size_t j = i + 1; j < plan->n; j++)
        if (step_same_function(&plan->steps[j], &plan->steps[i]) &&
            plan->steps[j].status == STEP_FAILED)
            return true;
    return false;
}

int plan_roll_back(const struct apply *a, struct plan *plan, const struct step *of,
                   struct err *e)
{
    bool held = stop_hold(true);
    int result = 0;

    if (!of)
        journal_undoing(a->journal);
    for (size_t i = of ? (size_t)(of - plan->steps) + 1 : plan->n; i-- > 0;) {
        struct step *step = &plan->steps[i];
        struct err one;
        int r;

        if ((of && !step_same_function(step, of)) || undo_blocked(plan, i) ||
            (step->status != STEP_DONE && step->status != STEP_FAILED))
            continue;
        if (of && (!step_row(step)->undo || step->final))
            break;
        r = undo_step(a, step, &one);
        if (r && !of)
            step_say_err(step, &one);
        if (r && !result) {
            result = r;
            *e = one;
        }
    }
    stop_hold(held);
    return result;
}

/* The journal has the step before it changes anything. */
static int carry_out(const struct apply *a, struct step **batch, size_t n, struct err *e)
{
    int r = journal_steps(a->journal, JOURNAL_BEGIN, batch, n, e);

    if (a->progress)
        a->progress(batch[0], a->user);
    if (!r)
        r = step_row(batch[0])->apply(a, batch, n, e);
    for (size_t i = 0; i < n; i++)
        if (batch[i]->status == STEP_DONE)
            mark(a, JOURNAL_DONE, batch[i]);
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
        size_t n;

        if (plan->steps[i].status != STEP_WAITING)
            continue;
        if (stop_requested()) {
            r = stopped(e);
            break;
        }
        n = collect_batch(plan, i, batch);
        r = carry_out(a, batch, n, e);
        for (size_t b = 0; r && b < n; b++)
            batch[b]->status = STEP_FAILED;
    }
    if (!r)
        return 0;
    if (plan_roll_back(a, plan, NULL, &undo)) {
        e->code = XV_INCOMPLETE;
        e->kind = "incomplete";
        err_append(e, "; and it could not be put back: %s", undo.message);
        err_hint(e, "%s", *undo.hint ? undo.hint : a->remedy);
    } else if (!strcmp(e->kind, "pending")) {
        err_hint(e, "nothing was moved; when the guest has released the device, run the same "
                 "command again");
    } else if (e->code != XV_CANNOT) {
        e->code = XV_FAILED;
    }
    return r;
}

/*
 * After a failure, returns the function to its former place, where the next try finds it.  A step
 * without an undo stays open, and the steps done before it stay done.
 */
static int back_off(const struct apply *a, struct plan *plan, struct step *step, struct err *undo)
{
    int r;

    if (!step_row(step)->undo || step->final || !step_is_function(step))
        return 0;
    step->status = STEP_FAILED;
    r = plan_roll_back(a, plan, step, undo);
    step->status = STEP_FAILED;
    return r;
}

/* Undoes the steps tied to a failed one, and fails those still to come. */
static int back_off_tied(const struct apply *a, struct plan *plan, const struct step *failed,
                         const char *why, struct err *undo)
{
    int r = 0;

    for (size_t i = 0; i < plan->n; i++) {
        struct step *other = &plan->steps[i];

        if (!step_tied(other, failed))
            continue;
        if (!r && other->status == STEP_DONE)
            r = plan_roll_back(a, plan, other, undo);
        if (other->status == STEP_WAITING || other->status == STEP_UNDONE) {
            other->status = STEP_FAILED;
            step_say(other, "it belongs together with %s: %.180s", BDF_STR(failed->bdf), why);
        }
    }
    return r;
}

/* Handles the steps of a batch that did not succeed. */
static void give_up(const struct apply *a, struct plan *plan, struct step **batch, size_t n,
                    struct err *e)
{
    for (size_t b = 0; b < n; b++) {
        bool told = batch[b]->status != STEP_WAITING;
        struct err undo;
        int r;

        if (batch[b]->status == STEP_DONE)
            continue;
        r = back_off(a, plan, batch[b], &undo);
        if (!r)
            r = back_off_tied(a, plan, batch[b], e->message, &undo);
        if (r)
            err_append(e, "; and it could not be put back: %s", err_cause(&undo, e->object));
        if (told)
            continue;
        batch[b]->status = STEP_FAILED;
        step_say_err(batch[b], e);
    }
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
        if (r && step_row(step)->gate) {
            step->open = false; /* nothing was moved */
            *e = one;
            return r;
        }
        if (r)
            give_up(a, plan, batch, n, &one);
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
            err_hint(e, "run the same command again: it continues from the current state");
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
