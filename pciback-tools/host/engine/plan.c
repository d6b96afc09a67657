/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/document.h"
#include "base/out.h"

static const struct step_row *known[STEP_KINDS];

void step_rows_register(const struct step_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        known[rows[i].kind] = &rows[i];
}

static const struct step_row *row_of(enum step_kind kind)
{
    static const struct step_row unknown = { .kind = STEP_UNKNOWN, .word = "?" };

    return known[kind] ? known[kind] : &unknown;
}

const struct step_row *step_row(const struct step *step)
{
    return row_of(step->kind);
}

enum step_kind step_kind_of(const char *word)
{
    for (enum step_kind kind = 0; kind < STEP_KINDS; kind++)
        if (!strcmp(row_of(kind)->word, word))
            return row_of(kind)->kind;
    return STEP_UNKNOWN;
}

bool step_same_function(const struct step *a, const struct step *b)
{
    return step_is_function(a) && step_is_function(b) && bdf_equal(a->bdf, b->bdf);
}

bool step_tied(const struct step *a, const struct step *b)
{
    return a != b && a->kind == b->kind && step_row(a)->tied && step_row(a)->tied(a, b);
}

struct step *plan_add(struct plan *plan, enum step_kind kind, struct bdf bdf)
{
    struct step *step;

    if (ARRAY_GROW(plan->steps, plan->n))
        return NULL;
    step = &plan->steps[plan->n++];
    *step = (struct step){ .kind = kind, .bdf = bdf };
    return step;
}

int plan_copy(struct plan *plan, const struct step *step, struct err *e)
{
    struct step *copy = plan_add(plan, step->kind, step->bdf);

    if (!copy)
        return err_nomem(e);
    *copy = *step;
    return 0;
}

void plan_clear(struct plan *plan)
{
    free(plan->steps);
    *plan = (struct plan){ NULL, 0 };
}

bool plan_changes(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].status == STEP_WAITING)
            return true;
    return false;
}

void step_say(struct step *step, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(step->message, sizeof(step->message), fmt, ap);
    va_end(ap);
}

void step_say_err(struct step *step, const struct err *e)
{
    step_say(step, "%s", step_is_function(step) ? err_cause(e, BDF_STR(step->bdf)) : e->message);
}

void step_describe(const struct step *step, struct step_text *ret)
{
    *ret = (struct step_text){ .undo = "none" };
    if (step_is_function(step))
        snprintf(ret->object, sizeof(ret->object), "%s", BDF_STR(step->bdf));
    if (step_row(step)->describe)
        step_row(step)->describe(step, ret);
}

void plan_print(const struct plan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n; i++) {
        struct step_text text;

        if (plan->steps[i].status == STEP_ALREADY)
            continue;
        step_describe(&plan->steps[i], &text);
        out_line("%zu. %s  (undo: %s)", ++n, text.what, text.undo);
    }
    if (!n)
        out_line("nothing to do");
}

void step_json(const struct step *step, bool back, struct json *json)
{
    struct step_text text;

    step_describe(step, &text);
    document_step(json, back ? "undo" : step_row(step)->word, text.object,
                  back ? "none" : text.undo, back ? text.undo : text.what);
}

void plan_json(const struct plan *plan, struct json *json)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].status != STEP_ALREADY)
            step_json(&plan->steps[i], false, json);
}
