/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/report.h"

#include <stdio.h>
#include <string.h>

#include "base/audit.h"
#include "base/document.h"
#include "base/out.h"

static const char *const status_words[] = {
    [STEP_WAITING] = "undone",  /* the plan stopped before this step */
    [STEP_DONE] = "done",
    [STEP_ALREADY] = "already",
    [STEP_UNDONE] = "undone",
    [STEP_PENDING] = "pending",
    [STEP_FAILED] = "failed",
    [STEP_SKIPPED] = "pending",
};

bool report_status(const char *word, enum step_status *ret)
{
    for (size_t i = STEP_DONE; i < STEP_SKIPPED; i++) {
        if (!word || strcmp(word, status_words[i]))
            continue;
        *ret = (enum step_status)i;
        return true;
    }
    return false;
}

static bool went_wrong(const struct step *step)
{
    return step->status == STEP_FAILED || step->status == STEP_PENDING;
}

/* Its message stands behind that of the telling step. */
static bool is_aside(const struct step *step)
{
    return step_row(step)->aside && !went_wrong(step);
}

/*
 * The step that stands for a function in the report: the one that failed, or the last one
 * reached.  NULL for functions reported under an earlier step.
 */
static const struct step *telling_step(const struct plan *plan, size_t first)
{
    const struct step *tell = &plan->steps[first];

    for (size_t i = 0; i < first; i++)
        if (step_same_function(&plan->steps[i], tell))
            return NULL;
    for (size_t i = first + 1; i < plan->n; i++)
        if (step_same_function(&plan->steps[i], tell) && plan->steps[i].status != STEP_SKIPPED &&
            (!went_wrong(tell) || went_wrong(&plan->steps[i])) && !is_aside(&plan->steps[i]))
            tell = &plan->steps[i];
    return tell;
}

static void describe(const struct plan *plan, const struct step *step, char *buf, size_t size)
{
    if (step->status == STEP_UNDONE || step->status == STEP_WAITING)
        snprintf(buf, size, "as it was");
    else if (step_row(step)->tell && (step->status == STEP_DONE || step->status == STEP_ALREADY))
        step_row(step)->tell(step, buf, size);
    else
        snprintf(buf, size, "%s", step->message);
    for (size_t i = 0; i < plan->n; i++) {
        const struct step *other = &plan->steps[i];
        size_t len = strlen(buf);

        if (other != step && step_same_function(other, step) && is_aside(other) && *other->message)
            snprintf(buf + len, size - len, "; %s", other->message);
    }
}

void report_begin(struct xvtd *x)
{
    if (!x->json || !xvtd_json(x))
        return;
    json_array(x->doc, x->dry_run ? "plan" : "results");
    x->doc_complete = true;
}

void report_end(struct xvtd *x)
{
    if (x->doc)
        json_end_array(x->doc);
}

static void report_json(struct json *json, const struct root *root, const struct step *step,
                        const char *text)
{
    json_object(json, NULL);
    json_str(json, "bdf", BDF_STR(step->bdf));
    json_str(json, "status", status_words[step->status]);
    if (step_row(step)->result) {
        step_row(step)->result(step, root, json);
    } else {
        document_place(json, 0, 0);
    }
    json_str(json, "message", text);
    json_end_object(json);
}

/* Prints the message of a step about the whole host, if it has one. */
static void report_general(const struct xvtd *x, const struct step *step)
{
    struct step_text about;
    char text[512];

    if (x->json || x->quiet || step->status != STEP_DONE || !step_row(step)->tell)
        return;
    step_describe(step, &about);
    step_row(step)->tell(step, text, sizeof(text));
    out_line("%s: %s", about.object, text);
}

void report(struct xvtd *x, const struct plan *plan, const char *guest)
{
    report_there(x, plan);
    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step;
        char text[512];

        if (!step_is_function(&plan->steps[i]) || !(step = telling_step(plan, i)))
            continue;
        describe(plan, step, text, sizeof(text));
        audit(x, &(struct audit){ .guest = guest, .device = BDF_STR(step->bdf),
                                  .result = status_words[step->status], .message = text });
    }
}

void report_there(struct xvtd *x, const struct plan *plan)
{
    char text[512];

    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step;

        if (!step_is_function(&plan->steps[i])) {
            report_general(x, &plan->steps[i]);
            continue;
        }
        step = telling_step(plan, i);
        if (!step)
            continue;
        describe(plan, step, text, sizeof(text));
        if (x->doc)
            report_json(x->doc, x->root, step, text);
        else if (!x->quiet && !x->json)
            out_line("%s: %s", BDF_STR(step->bdf), text);
    }
}
