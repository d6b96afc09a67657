/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/decide_common.h"
#include "decide/decide_irq.h"

#include <errno.h>
#include <string.h>

/* Notes a refusal; returns only other errors. */
static int note(struct verdict *v, int r, const struct err *refusal, struct err *e)
{
    if (!r)
        return 0;
    if (r == -ENOMEM || ARRAY_GROW(v->reasons, v->n_reasons))
        return err_nomem(e);
    v->reasons[v->n_reasons++] = *refusal;
    return 0;
}

int decide_assignable(const struct facts *f, struct bdf bdf, struct verdict *ret, struct err *e)
{
    const struct fn_facts *fn = facts_fn(f, bdf);
    struct verdict v = { .n_reasons = 0 };
    CLEANUP(plan_clear) struct plan attach = { .n = 0 };
    enum guest_irq irq;
    struct err refusal;
    int r;

    for (size_t i = 0; i < f->n_fns; i++) {
        struct step *step = plan_add(&attach, STEP_ATTACH, f->fns[i].bdf);

        if (!step)
            return err_nomem(e);
        /* The function's peers are attached with it, but are not the question here. */
        if (!bdf_equal(step->bdf, bdf))
            step->status = STEP_ALREADY;
    }
    r = note(&v, check_available(f, fn, &refusal), &refusal, e);
    if (!r && !fn->bridge) {
        r = note(&v, check_link(fn, &refusal), &refusal, e);
        if (!r)
            r = note(&v, check_firmware(f, bdf, GUEST_RDM_STRICT, &refusal), &refusal, e);
        if (!r)
            r = note(&v, check_in_use(fn, &refusal), &refusal, e);
        if (!r && !fn->owner)
            r = note(&v, check_groups(f, &attach, 0, &v.notes, &refusal), &refusal, e);
        if (!r && !card_whole(f, fn))
            r = note(&v, check_handover(f, fn, f->dom ? f->dom->uuid : "", 0, &refusal), &refusal,
                     e);
        if (!r)
            r = note(&v, check_pciback(f, bdf, &refusal), &refusal, e);
        if (!r)
            r = note(&v, decide_irq(f, fn, GUEST_IRQ_AUTO, &irq, &refusal), &refusal, e);
    }
    if (r) {
        free(v.reasons);
        free(v.notes.list);
        return r;
    }
    *ret = v;
    return 0;
}
