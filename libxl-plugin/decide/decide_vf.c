/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of a virtual function, before a guest gets it and after.  Pure. */
#include "decide/decide_common.h"

#include <errno.h>
#include <string.h>

/* What is left of a record when the settings made for a guest, or all, have been put back. */
static struct vf_record left_of(const struct vf_record *record, bool all)
{
    unsigned host = all ? 0 : record->host.has;
    struct vf_record left = {
        .want = vf_settings_only(&record->want, ~(record->before.has | record->host.has)),
        .host = vf_settings_only(&record->host, host),
        .before = vf_settings_only(&record->before, host),
    };

    vf_settings_over(&left.want, &left.host);
    return left;
}

static bool same_record(const struct vf_record *a, const struct vf_record *b)
{
    return a->want.has == b->want.has && !vf_settings_differ(&a->want, &b->want) &&
           a->host.has == b->host.has && !vf_settings_differ(&a->host, &b->host);
}

static struct step *add(const struct fn_facts *fn, enum step_kind kind,
                        const struct vf_settings *want, const struct vf_record *record,
                        struct plan *plan)
{
    struct step *step = plan_add(plan, kind, fn->bdf);

    if (!step)
        return NULL;
    *step_configure(step) = (struct configure){
        .want = *want, .record = *record, .recorded = fn->vf.recorded,
    };
    if (fn->owner) {
        step_configure(step)->vslot = fn->owner->vslot;
        step_configure(step)->vfunc = fn->owner->vfunc;
    }
    return step;
}

int plan_put_back(const struct fn_facts *fn, bool all, struct step **ret, struct plan *plan,
                  struct err *e)
{
    const struct vf_record *record = &fn->vf.recorded;
    struct vf_record left = left_of(record, all);
    struct vf_settings back = vf_settings_only(&record->before, record->want.has);

    *ret = NULL;
    vf_settings_over(&back, &left.host);
    if (!fn->vf.is || same_record(&left, record))
        return 0;
    *ret = add(fn, STEP_PUT_BACK, &back, &left, plan);
    return *ret ? 0 : err_nomem(e);
}

/* Are the recorded settings those of another guest, which does not have it any more? */
static bool is_strange(const struct fn_facts *fn, const struct hv_domain *to)
{
    return to && !fn->owner && strcmp(fn->past_guest, to->uuid) != 0;
}

/*
 * The record of the settings that are about to be made.  owned: the driver of the guest that has
 * the function chose its present MAC address.
 */
static struct vf_record record_of(const struct vf_record *is, const struct vf_settings *now,
                                  const struct vf_settings *given, bool host, bool owned)
{
    struct vf_record record = *is;
    struct vf_settings former;

    vf_settings_over(&record.want, given);
    if (host)
        vf_settings_over(&record.host, given);
    former = vf_settings_only(now, record.want.has & ~is->want.has);
    if (owned)
        memset(former.mac, 0, sizeof(former.mac));
    vf_settings_over(&record.before, &former);
    return record;
}

int plan_configure(const struct fn_facts *fn, const struct vf_settings *given,
                   const struct hv_domain *to, struct plan *plan, struct err *e)
{
    struct vf_record is = fn->vf.recorded, record;
    struct vf_settings now = fn->vf.now;
    struct step *back = NULL;
    int r = 0;

    if (given->has && !fn->vf.is)
        return refuse_vf_settings(fn->bdf, e);
    if (!is.want.has && !given->has)
        return 0;
    if (!fn->vf.known) {
        *e = fn->vf.error;
        return -EOPNOTSUPP;
    }
    if (is_strange(fn, to))
        r = plan_put_back(fn, false, &back, plan, e);
    if (r)
        return r;
    if (back) {
        is = step_configure(back)->record;
        vf_settings_over(&now, &step_configure(back)->want);
    }
    record = record_of(&is, &now, given, !to, fn->owner != NULL);
    if (!vf_settings_differ(&record.want, &now) && same_record(&record, &is))
        return back != NULL;
    return add(fn, STEP_CONFIGURE, &record.want, &record, plan) ? 1 : err_nomem(e);
}
