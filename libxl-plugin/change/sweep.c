/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/out.h"
#include "base/stop.h"
#include "change/operation.h"
#include "decide/leftovers.h"
#include "engine/report.h"
#include "engine/run.h"
#include "session/domain.h"

#define SETTLE_MS 3000  /* longer than xl's attach takes between QEMU and xenstore */

static bool is_of(const struct leftover *left, const char *domain)
{
    struct domain_operand want;
    struct err ignored;

    return !domain || (!domain_parse(domain, &want, &ignored) &&
                       domain_matches(&want, left->domid, left->uuid, left->domain));
}

/* Keeps the leftovers that both looks have found. */
static int look_again(struct xvtd *x, struct leftover **list, size_t *n, struct err *e)
{
    AUTO_FREE struct leftover *now = NULL;
    size_t n_now = 0, kept = 0;
    int r = leftovers_find(x->hv, x->root, &now, &n_now, e);

    for (size_t i = 0; !r && i < *n; i++)
        if (leftover_find(now, n_now, &(*list)[i]))
            (*list)[kept++] = (*list)[i];
    if (!r)
        *n = kept;
    return r;
}

/* Looks twice, since xl may be in the middle of an attach. */
static int find(struct xvtd *x, const char *domain, struct leftover **list, size_t *n,
                struct err *e)
{
    size_t kept = 0;
    bool settle = false;
    int r = leftovers_find(x->hv, x->root, list, n, e);

    for (size_t i = 0; !r && i < *n; i++)
        if (is_of(&(*list)[i], domain)) {
            settle |= (*list)[i].kind != LEFTOVER_ENTRY && *(*list)[i].uuid;
            (*list)[kept++] = (*list)[i];
        }
    if (!r)
        *n = kept;
    if (r || !settle)
        return r;
    stop_sleep_ms(SETTLE_MS);
    return look_again(x, list, n, e);
}

/* Needs no journal, since it inspects the current state. */
static int clear_locked(struct operation *op, const struct leftover *left, unsigned timeout_ms,
                        struct err *e)
{
    struct guest_pci pci = { .bdf = left->bdf, .domid = left->domid };
    struct guest_side guest = { .timeout_ms = timeout_ms };
    struct apply a = operation_context(op, &guest);
    struct step *step = plan_guest(&op->plan, STEP_CLEAR, NULL, &pci);
    struct step_text text;
    int r;

    if (!step)
        return err_nomem(e);
    snprintf(step_guest(step)->guest, sizeof(step_guest(step)->guest), "%s", left->domain);
    step_guest(step)->lost = left->kind == LEFTOVER_LOST;
    if (op->x->dry_run) {
        step_describe(step, &text);
        if (op->x->doc)
            step_json(step, false, op->x->doc);
        else if (!op->x->quiet && !op->x->json)
            out_line("%s", text.what);
        return 0;
    }
    r = run_plan(op->x, &a, &op->plan, NULL, APPLY_EACH, op->left, e);
    report(op->x, &op->plan, left->domain);
    return r;
}

static int clear_one(struct xvtd *x, const struct leftover *left, unsigned timeout_ms,
                     size_t *cleared, struct err *e)
{
    struct operation op = { .x = x, .one_of_many = true };
    const char *uuids[1] = { left->uuid };
    struct leftover one = *left, *list = &one;
    size_t n = 1;
    int r;

    op.bdfs = malloc(sizeof(*op.bdfs));
    if (!op.bdfs)
        return err_nomem(e);
    op.bdfs[op.n_bdfs++] = left->bdf;
    r = operation_lock(&op, uuids, *left->uuid ? 1 : 0, e);
    if (!r)
        r = look_again(x, &list, &n, e);
    if (!r && n)
        r = clear_locked(&op, left, timeout_ms, e);
    if (!r && n)
        ++*cleared;
    operation_close(&op);
    return r;
}

/*
 * How long to wait for the guest of leftover i.  Each guest is waited for once, however many
 * devices it has.  ends: one per leftover.
 */
static unsigned time_left(const struct leftover *list, size_t i, long long *ends,
                          unsigned timeout_ms)
{
    long long now = stop_now_ms();
    size_t first = 0;

    while (list[first].domid != list[i].domid)
        first++;
    if (first == i)
        ends[i] = now + timeout_ms;
    return ends[first] > now ? (unsigned)(ends[first] - now) : 0;
}

int sweep(struct xvtd *x, const char *domain, unsigned timeout_ms, size_t *cleared,
          struct err *e)
{
    AUTO_FREE struct leftover *list = NULL;
    AUTO_FREE long long *ends = NULL;
    size_t n = 0;
    int r = find(x, domain, &list, &n, e), result;

    ends = calloc(n + 1, sizeof(*ends));
    if (!r && !ends)
        r = err_nomem(e);
    result = r;
    for (size_t i = 0; !r && i < n; i++) {
        unsigned ms = time_left(list, i, ends, timeout_ms);
        struct err one;

        if (clear_one(x, &list[i], ms, cleared, &one) && !result) {
            result = -EIO;
            *e = one;
        }
    }
    return result;
}
