/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/report.h"

#include <stdio.h>
#include <string.h>

#include "base/audit.h"
#include "base/out.h"

static const char *const status_words[] = {
    [STEP_WAITING] = "undone",  /* a plan that stopped before it came to this */
    [STEP_DONE] = "done",
    [STEP_ALREADY] = "already",
    [STEP_UNDONE] = "undone",
    [STEP_PENDING] = "pending",
    [STEP_FAILED] = "failed",
    [STEP_SKIPPED] = "pending",
};

static bool went_wrong(const struct step *step)
{
    return step->status == STEP_FAILED || step->status == STEP_PENDING;
}

/*
 * The step that tells about a function: the one that did not succeed, or its last one that
 * was come to.  NULL for functions reported under an earlier step.
 */
static const struct step *telling_step(const struct plan *plan, size_t first)
{
    const struct step *tell = &plan->steps[first];

    for (size_t i = 0; i < first; i++)
        if (bdf_equal(plan->steps[i].pci.bdf, tell->pci.bdf) &&
            !step_is_general(&plan->steps[i]))
            return NULL;
    for (size_t i = first + 1; i < plan->n; i++)
        if (bdf_equal(plan->steps[i].pci.bdf, tell->pci.bdf) &&
            plan->steps[i].status != STEP_SKIPPED &&
            (!went_wrong(tell) || went_wrong(&plan->steps[i])))
            tell = &plan->steps[i];
    return tell;
}

static void describe(const struct step *step, const char *domain, char *buf, size_t size)
{
    const char *extra = step->message;

    switch (step->status) {
    case STEP_DONE:
        if (step->kind == STEP_ATTACH)
            snprintf(buf, size, step->pci.vfunc ? "attached to %s at 0x%02x.%u"
                                                : "attached to %s at 0x%02x",
                     domain, step->pci.vslot, step->pci.vfunc);
        else if (step->kind == STEP_DETACH)
            snprintf(buf, size, "detached from %s", domain);
        else if (step->kind == STEP_TAKE)
            snprintf(buf, size, "assignable");
        else {
            snprintf(buf, size, "%s", extra);
            return;
        }
        break;
    case STEP_ALREADY:
        if (step->kind == STEP_ATTACH)
            snprintf(buf, size, "%s at 0x%02x", extra, step->pci.vslot);
        else
            snprintf(buf, size, "%s", extra);
        return;
    case STEP_UNDONE:
    case STEP_WAITING:
        snprintf(buf, size, "as it was");
        break;
    default:
        snprintf(buf, size, "%s", extra);
        return;
    }
    if (*extra && step->status == STEP_DONE) {
        size_t len = strlen(buf);

        snprintf(buf + len, size - len, " (%s)", extra);
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

void report(struct xvtd *x, const struct plan *plan, const char *domain)
{
    report_there(x, plan, domain);
    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step;
        char text[512];

        if (step_is_general(&plan->steps[i]) || !(step = telling_step(plan, i)))
            continue;
        describe(step, domain, text, sizeof(text));
        audit(x, &(struct audit){ .guest = domain, .device = BDF_STR(step->pci.bdf),
                                  .result = status_words[step->status], .message = text });
    }
}

void report_there(struct xvtd *x, const struct plan *plan, const char *domain)
{
    struct json *json = x->doc;
    char text[512];

    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step;

        if (step_is_general(&plan->steps[i]) || !(step = telling_step(plan, i)))
            continue;
        describe(step, domain, text, sizeof(text));
        if (json) {
            json_object(json, NULL);
            json_str(json, "bdf", BDF_STR(step->pci.bdf));
            json_str(json, "status", status_words[step->status]);
            if (step->pci.vslot)
                json_strf(json, "vslot", "0x%02x", step->pci.vslot);
            else
                json_null(json, "vslot");
            json_int(json, "vfunc", step->pci.vfunc);
            json_str(json, "message", text);
            json_end_object(json);
        } else if (!x->quiet && !x->json) {
            out_line("%s: %s", BDF_STR(step->pci.bdf), text);
        }
    }
}
