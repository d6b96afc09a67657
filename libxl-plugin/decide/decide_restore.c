/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/decide_common.h"

static struct bdf bdf_of(const struct restore_request *rq)
{
    return rq->assign.what.bdf;
}

/* Do the functions share an IOMMU group, or a slot of the guest? */
static bool tied(const struct facts *f, const struct restore_request *a,
                 const struct restore_request *b)
{
    const struct fn_facts *fn = facts_fn(f, bdf_of(a));

    if (a->assign.vslot && a->assign.vslot == b->assign.vslot)
        return true;
    return fn && group_peer_in(fn->peers, fn->n_peers, bdf_of(b));
}

static void join(struct assign_request *slot, const struct assign_request *one)
{
    if (!slot->what.all)
        slot->vf[slot->what.bdf.func & 7u] = slot->options.vf;
    slot->vf[one->what.bdf.func & 7u] = one->options.vf;
    slot->what.all = true;
    slot->what.bdf.func = 0;
}

size_t join_slots(struct assign_request *requests, size_t n)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        struct assign_request one = requests[i];
        bool joined = false;

        for (size_t k = 0; k < found && !joined; k++)
            if (one.vslot && requests[k].vslot == one.vslot &&
                bdf_same_slot(requests[k].what.bdf, one.what.bdf)) {
                join(&requests[k], &one);
                joined = true;
            }
        if (!joined)
            requests[found++] = one;
    }
    return found;
}

static int decide_members(const struct facts *f, struct restore_request *const *members, size_t n,
                          struct plan *plan, struct plan_notes *notes, struct err *e)
{
    AUTO_FREE struct assign_request *list = calloc(n, sizeof(*list));
    unsigned allow = ~0u;

    if (!list)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        allow &= members[i]->allow;
        list[i] = members[i]->assign;
    }
    n = join_slots(list, n);
    return decide_assign(f, list, n, allow & ALLOW_CARRIED, plan, notes, e);
}

/* Puts takes before attaches: consecutive steps of one kind run together. */
static int add_plan(struct plan *takes, struct plan *attaches, const struct plan *part,
                    struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < part->n; i++) {
        const struct step *step = &part->steps[i];

        if (step->kind == STEP_LOAD && takes->n && takes->steps[0].kind == STEP_LOAD)
            continue;
        r = plan_copy(step->kind == STEP_ATTACH ? attaches : takes, step, e);
    }
    return r;
}

static int try_members(const struct facts *f, struct restore_request *const *members, size_t n,
                       struct plan *takes, struct plan *attaches, struct plan_notes *notes,
                       struct err *e)
{
    struct plan part = { NULL, 0 };
    int r = decide_members(f, members, n, &part, notes, e);

    if (!r)
        r = add_plan(takes, attaches, &part, e);
    plan_clear(&part);
    return r;
}

/* All functions tied to requests[first], in order, without duplicates. */
static size_t collect(const struct facts *f, struct restore_request *requests, size_t n,
                      size_t first, bool *seen, struct restore_request **ret)
{
    size_t found = 0;

    ret[found++] = &requests[first];
    seen[first] = true;
    for (size_t k = 0; k < found; k++)
        for (size_t i = 0; i < n; i++)
            if (!seen[i] && !requests[i].failed &&
                (tied(f, ret[k], &requests[i]) || tied(f, &requests[i], ret[k]))) {
                seen[i] = true;
                ret[found++] = &requests[i];
            }
    return found;
}

int decide_restore(const struct facts *f, struct restore_request *requests, size_t n,
                   struct plan *plan, struct plan_notes *notes, struct err *e)
{
    AUTO_FREE struct restore_request **members = calloc(n ? n : 1, sizeof(*members));
    AUTO_FREE bool *seen = calloc(n ? n : 1, sizeof(*seen));
    struct plan attaches = { NULL, 0 };
    int r = f->n_fns ? decide_environment(f, e) : 0; /* nothing to do without a device */

    if (!members || !seen)
        return err_nomem(e);
    for (size_t i = 0; !r && i < n; i++) {
        size_t count;

        if (seen[i] || requests[i].failed)
            continue;
        count = collect(f, requests, n, i, seen, members);
        if (!try_members(f, members, count, plan, &attaches, notes, e))
            continue;
        for (size_t k = 0; k < count; k++) {
            int one = try_members(f, &members[k], 1, plan, &attaches, notes, e);

            if (one == -ENOMEM)
                r = one;
            members[k]->failed = one != 0;
            if (one)
                members[k]->why = *e;
        }
    }
    for (size_t i = 0; !r && i < attaches.n; i++)
        r = plan_copy(plan, &attaches.steps[i], e);
    plan_clear(&attaches);
    return r;
}
