/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/undo.h"

#include <string.h>

#include "change/recover.h"

static int copy_devices(struct journal_doc *to, const struct journal_doc *from, struct err *e)
{
    to->devices = calloc(from->n_devices ? from->n_devices : 1, sizeof(*to->devices));
    if (!to->devices)
        return err_nomem(e);
    memcpy(to->devices, from->devices, from->n_devices * sizeof(*to->devices));
    to->n_devices = from->n_devices;
    return 0;
}

int undo_keep(struct undo *undo, const struct journal_doc *doc, const struct plan *plan,
              struct err *e)
{
    struct journal_doc kept = *doc;
    int r;

    kept.policy = POLICY_UNDO;
    kept.devices = NULL;
    kept.n_devices = 0;
    kept.plan = (struct plan){ .n = 0 };
    r = copy_devices(&kept, doc, e);
    for (size_t i = 0; !r && i < plan->n; i++)
        r = plan_copy(&kept.plan, &plan->steps[i], e);
    if (!r && ARRAY_GROW(undo->docs, undo->n))
        r = err_nomem(e);
    if (r) {
        journal_doc_clear(&kept);
        return r;
    }
    /* The caller asked for a rollback, so undo removals too. */
    for (size_t i = 0; i < kept.plan.n; i++)
        if (kept.plan.steps[i].kind == STEP_DETACH || kept.plan.steps[i].kind == STEP_PUT_BACK)
            kept.plan.steps[i].final = false;
    undo->docs[undo->n++] = kept;
    return 0;
}

/* Writes a journal, so that `recover` can continue if this process is killed. */
static int begin(struct journal **ret, const struct xvtd *x, struct journal_doc *doc,
                 struct err *e)
{
    int r = journal_begin(ret, x->root, doc, &doc->plan, e);

    for (size_t i = 0; !r && i < doc->plan.n; i++) {
        struct step *step = &doc->plan.steps[i];

        if (step->status == STEP_DONE)
            r = journal_steps(*ret, JOURNAL_DONE, &step, 1, e);
    }
    return r;
}

static int undo_one(struct xvtd *x, struct journal_doc *doc, struct err *e)
{
    struct operation op = { .x = x };
    struct journal *journal = NULL;
    bool undone;
    int r = recover_lock(&op, doc, e);

    if (!r)
        r = begin(&journal, x, doc, e);
    if (!r)
        r = recover_run(&undone, &op, doc, journal, e);
    else
        journal_end(journal, false);
    operation_close(&op);
    return r;
}

int undo_run(struct undo *undo, struct xvtd *x, struct err *e)
{
    int r = 0;

    for (; !r && undo->n; undo->n--) {
        r = undo_one(x, &undo->docs[undo->n - 1], e);
        journal_doc_clear(&undo->docs[undo->n - 1]);
    }
    return r;
}

void undo_clear(struct undo *undo)
{
    for (size_t i = 0; i < undo->n; i++)
        journal_doc_clear(&undo->docs[i]);
    free(undo->docs);
    *undo = (struct undo){ .n = 0 };
}
