/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine alone, on made-up kinds of steps: what it makes, in which order, and what it undoes.
 *
 * A plan is words such as "t0 d0": a letter for the kind, a digit for the function.  The record of
 * a run has "+t0" for a step that was tried and "-t0" for one whose undo was tried.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_clock.h"
#include "base/stop.h"
#include "engine/apply.h"

static struct {
    const char *fails, *stuck, *stops;  /* the word of the step that does so, or "" */
    char record[200];
} run;

static const struct {
    enum step_kind kind;
    char letter;
} kinds[] = {
    { STEP_TAKE, 't' },         /* has an undo */
    { STEP_RESET, 'r' },        /* has an undo */
    { STEP_DETACH, 'd' },       /* has none */
    { STEP_ATTACH, 'a' },       /* several at once */
    { STEP_BIND, 'b' },         /* all of them are tied together */
    { STEP_LOAD, 'g' },         /* of the host, a gate */
};

static const char *word(const struct step *step)
{
    static char buf[8];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (kinds[i].kind == step->kind)
            snprintf(buf, sizeof(buf), "%c%u", kinds[i].letter, step->bdf.slot);
    return buf;
}

static void record(const char *sign, const struct step *step)
{
    size_t len = strlen(run.record);

    snprintf(run.record + len, sizeof(run.record) - len, "%s%s%s", len && *sign ? " " : "", sign,
             word(step));
}

static int apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    (void)a;
    for (size_t i = 0; i < n; i++) {
        record(i ? "" : "+", steps[i]);
        if (!strcmp(word(steps[i]), run.stops))
            clock_signal(SIGTERM);
        if (!strcmp(word(steps[i]), run.fails))
            return err_set(e, XV_FAILED, EIO, "it fails");
        steps[i]->status = STEP_DONE;
    }
    return 0;
}

static int undo(const struct apply *a, struct step *step, struct err *e)
{
    (void)a;
    record("-", step);
    if (stop_requested())   /* an undo that waits would end here */
        return err_set(e, XV_FAILED, EINTR, "it is interrupted");
    return strcmp(word(step), run.stuck) ? 0 : err_set(e, XV_FAILED, EBUSY, "it is stuck");
}

static bool yes(const struct step *a, const struct step *b)
{
    (void)a;
    (void)b;
    return true;
}

static const struct step_row rows[] = {
    { .kind = STEP_TAKE, .scope = SCOPE_FUNCTION, .apply = apply, .undo = undo },
    { .kind = STEP_RESET, .scope = SCOPE_FUNCTION, .apply = apply, .undo = undo },
    { .kind = STEP_DETACH, .scope = SCOPE_FUNCTION, .apply = apply },
    { .kind = STEP_ATTACH, .scope = SCOPE_FUNCTION, .apply = apply, .undo = undo,
      .together = yes },
    { .kind = STEP_BIND, .scope = SCOPE_FUNCTION, .apply = apply, .undo = undo, .tied = yes },
    { .kind = STEP_LOAD, .scope = SCOPE_HOST, .apply = apply, .undo = undo, .gate = true },
};

static const struct engine_case {
    const char *plan;
    enum apply_mode mode;
    const char *fails, *stuck, *stops;
    enum exit_code code;
    const char *record;
    const char *status;     /* a letter a step: Done, Undone, Failed, Skipped, Waiting */
} cases[] = {
    { "t0 r0 t1", APPLY_ALL, "", "", "", XV_OK, "+t0 +r0 +t1", "DDD" },
    { "t0 a0 a1 t1", APPLY_EACH, "", "", "", XV_OK, "+t0 +a0a1 +t1", "DDDD" },
    /* All or none: everything comes back in reverse. */
    { "t0 t1 r0 r1", APPLY_ALL, "r1", "", "", XV_FAILED, "+t0 +t1 +r0 +r1 -r1 -r0 -t1 -t0", "UUUU" },
    { "t0 d0 r0", APPLY_ALL, "r0", "", "", XV_FAILED, "+t0 +d0 +r0 -r0 -t0", "UUU" },
    { "t0 a0 a1", APPLY_ALL, "a1", "", "", XV_FAILED, "+t0 +a0a1 -a1 -a0 -t0", "UUU" },
    /* A function stays where its stuck step is; the others come back. */
    { "t0 t1 r0 r1", APPLY_ALL, "r1", "r0", "", XV_INCOMPLETE, "+t0 +t1 +r0 +r1 -r1 -r0 -t1",
      "DUFU" },
    /* Each by itself: the function that fails comes back, and the next one goes on. */
    { "t0 r0 t1 r1", APPLY_EACH, "r0", "", "", XV_INCOMPLETE, "+t0 +r0 -r0 -t0 +t1 +r1", "UFDD" },
    { "t0 r0 d0 t1", APPLY_EACH, "t0", "", "", XV_INCOMPLETE, "+t0 -t0 +t1", "FSSD" },
    /* The steps before a step without an undo are not undone. */
    { "t0 d0 r0", APPLY_EACH, "r0", "", "", XV_INCOMPLETE, "+t0 +d0 +r0 -r0", "DDF" },
    { "t0 d0 r0", APPLY_EACH, "d0", "", "", XV_INCOMPLETE, "+t0 +d0", "DFS" },
    { "t0 r0 t1", APPLY_EACH, "r0", "t0", "", XV_INCOMPLETE, "+t0 +r0 -r0 -t0 +t1", "FFD" },
    /* Tied functions move together or not at all. */
    { "b0 b1 t2", APPLY_EACH, "b1", "", "", XV_INCOMPLETE, "+b0 +b1 -b1 -b0 +t2", "FFD" },
    { "b0 b1 b2", APPLY_EACH, "b1", "", "", XV_INCOMPLETE, "+b0 +b1 -b1 -b0", "FFF" },
    /* Behind a gate that failed nothing is tried. */
    { "g9 t0", APPLY_EACH, "g9", "", "", XV_FAILED, "+g9", "WW" },
    { "g9 t0", APPLY_ALL, "g9", "", "", XV_FAILED, "+g9 -g9", "UW" },
    /* A signal ends the plan after the step; the undo is not interrupted. */
    { "t0 r0 t1", APPLY_ALL, "", "", "r0", XV_FAILED, "+t0 +r0 -r0 -t0", "UUW" },
    { "t0 r0 t1", APPLY_EACH, "", "", "r0", XV_INCOMPLETE, "+t0 +r0", "DDS" },
    { "t0 r0 t1", APPLY_EACH, "r0", "", "r0", XV_INCOMPLETE, "+t0 +r0 -r0 -t0", "UFS" },
};

static void make(struct plan *plan, const char *words)
{
    for (; *words; words += words[2] ? 3 : 2)
        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
            if (kinds[i].letter == *words)
                assert_non_null(plan_add(plan, kinds[i].kind,
                                         (struct bdf){ .slot = (unsigned)(words[1] - '0') }));
}

static void check(size_t number, const struct engine_case *c)
{
    static const char letters[] = {
        [STEP_WAITING] = 'W', [STEP_DONE] = 'D', [STEP_ALREADY] = 'A', [STEP_UNDONE] = 'U',
        [STEP_PENDING] = 'P', [STEP_FAILED] = 'F', [STEP_SKIPPED] = 'S',
    };
    struct apply a = { .remedy = "" };
    struct plan plan = { NULL, 0 };
    char status[8] = "";
    struct err e = { .code = XV_OK };
    int r;

    clock_begin();
    run.fails = c->fails;
    run.stuck = c->stuck;
    run.stops = c->stops;
    *run.record = '\0';
    make(&plan, c->plan);
    r = plan_apply(&a, &plan, c->mode, &e);
    for (size_t i = 0; i < plan.n; i++) {
        status[i] = letters[plan.steps[i].status];
        /* Every output has the function beside the message. */
        if (strstr(plan.steps[i].message, BDF_STR(plan.steps[i].bdf)))
            fail_msg("case %zu: \"%s\"", number, plan.steps[i].message);
    }
    if (!r != (c->code == XV_OK) || e.code != c->code || strcmp(run.record, c->record) ||
        strcmp(status, c->status))
        fail_msg("case %zu (%s): %d \"%s\", record \"%s\", status %s", number, c->plan,
                 (int)e.code, e.message, run.record, status);
    plan_clear(&plan);
}

static void test_cases(void **state)
{
    (void)state;
    step_rows_register(rows, sizeof(rows) / sizeof(*rows));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check(i, &cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
