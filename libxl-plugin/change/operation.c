/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/operation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "decide/facts_vf.h"
#include "driver/giveback.h"
#include "engine/report.h"
#include "engine/run.h"
#include "names/operand.h"
#include "session/domain.h"

int operation_allow(struct xvtd *x, const struct cli_args *args, int id, unsigned known,
                    unsigned *ret, struct err *e)
{
    int r = allow_parse(args, id, known, ret, e);

    if (!r)
        x->twins = allow_twins(*ret);
    return r;
}

int operation_handover(struct operation *w, unsigned allow, bool strict, struct err *e)
{
    struct plan_notes notes = { .n = 0 };
    int r;

    w->facts.policy.strict_reset |= strict;
    r = decide_handover(&w->facts, &w->plan, allow, &notes, e);
    plan_notes_tell(w->x, &notes);
    return r;
}

int operation_libvirt(struct operation *w, struct err *e)
{
    struct plan_notes notes = { .n = 0 };
    int r = note_libvirt(&w->facts, w->other, &w->plan, &notes, e);

    plan_notes_tell(w->x, &notes);
    return r;
}

int operation_patterns(struct xvtd *x, const struct cli_args *args, size_t first,
                       struct bdf_pattern **ret, size_t *n, struct err *e)
{
    AUTO_FREE struct bdf_pattern *list = NULL;
    size_t count = args->n_operands - first;
    int r;

    /* Check the values first, so that a malformed one is refused without a hypervisor too. */
    list = calloc(count ? count : 1, sizeof(*list));
    if (!list)
        return err_nomem(e);
    for (size_t i = 0; i < count; i++) {
        const char *operand = args->operands[first + i];

        if (device_form(operand) != DEVICE_NAME && (r = bdf_parse_pattern(operand, &list[i], e)))
            return r;
    }
    r = xvtd_hv(x, e);
    for (size_t i = 0; !r && i < count; i++)
        if (device_form(args->operands[first + i]) == DEVICE_NAME)
            r = device_operand(x, hv_records(x->hv), args->operands[first + i], &list[i], e);
    if (r)
        return r;
    *ret = TAKE_PTR(list);
    *n = count;
    return 0;
}

static int find_functions(struct operation *w, const struct bdf_pattern *patterns, size_t n,
                          struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < n; i++) {
        r = inventory_add(w->inv, patterns[i], &w->bdfs, &w->n_bdfs, e);
        /* A guest may have a device that the host no longer shows; the facts decide. */
        if (r == -ENODEV && !patterns[i].all)
            r = bdf_add_once(&w->bdfs, &w->n_bdfs, patterns[i].bdf, e);
    }
    return r;
}

static int lock_functions(struct operation *w, struct err *e)
{
    int r = locks_open(&w->locks, w->x->root, e);

    return r ? r : locks_take_functions(w->locks, w->bdfs, w->n_bdfs, e);
}

/* The locks of the domains, in their order. */
static int lock_domains(struct operation *w, const char *uuid, struct err *e)
{
    const char *first = uuid, *second = w->other ? w->other->uuid : uuid;
    int r;

    if (strcmp(first, second) > 0) {
        first = second;
        second = uuid;
    }
    r = locks_take_domain(w->locks, first, e);
    return r || !strcmp(first, second) ? r : locks_take_domain(w->locks, second, e);
}

static int take_locks(struct operation *w, const struct hv_domain *dom, struct err *e)
{
    int r = lock_functions(w, e);

    if (!r && dom)
        r = lock_domains(w, dom->uuid, e);
    if (!r && locks_waited(w->locks))
        facts_clear(&w->facts);
    progress_end();
    return r;
}

int operation_lock(struct operation *w, const char *const *uuids, size_t n, struct err *e)
{
    int r = lock_functions(w, e);

    for (size_t i = 0; !r && i < n; i++)
        r = locks_take_domain(w->locks, uuids[i], e);
    progress_end();
    return r ? r : hv_domains(w->x->hv, &w->facts.domains, &w->facts.n_domains, e);
}

int operation_groups(struct operation *w, struct xvtd *x, const struct bdf_pattern *patterns,
                     size_t n, struct err *e)
{
    AUTO_FREE struct bdf *bdfs = NULL;
    size_t n_bdfs = 0;
    struct err ignored;
    int r;

    w->x = x;
    r = inventory_open(&w->inv, x->root, e);
    if (r || !patterns)
        return r ? r : groups_open(&w->groups, x->root, w->inv, e);
    for (size_t i = 0; i < n; i++)
        inventory_add(w->inv, patterns[i], &bdfs, &n_bdfs, &ignored); /* operation_open() says so */
    return groups_open_of(&w->groups, x->root, w->inv, bdfs, n_bdfs, e);
}

static int learn_other(struct operation *w, struct err *e)
{
    const struct hv_domain *is = domain_same(w->facts.domains, w->facts.n_domains, w->other);

    if (!is)
        return err_set(e, XV_NOT_FOUND, ENOENT, "'%s' is gone", w->other->name);
    w->other = is;
    return hv_domain_learn(w->x->hv, &w->facts.domains[is - w->facts.domains], e);
}

int operation_open_guest(struct operation *w, struct xvtd *x, const struct hv_domain *dom,
                         const struct bdf_pattern *patterns, size_t n, struct err *e)
{
    int r;

    w->x = x;
    r = xvtd_hv(x, e);
    if (!r && !w->inv)
        r = inventory_open(&w->inv, x->root, e);
    if (!r)
        r = find_functions(w, patterns, n, e);
    if (!r && !x->dry_run && !w->only_look) {
        r = take_locks(w, dom, e);
        if (!r)
            w->left = run_mention_left(x, "xvtd recover");
    }
    if (!r)
        r = facts_gather(&w->facts, x->root, x->hv, dom, w->inv, w->groups, w->bdfs,
                         w->n_bdfs, e);
    if (!r)
        r = facts_vf(&w->facts, x->root, hv_records(x->hv), e);
    if (!r && w->other)
        r = learn_other(w, e);
    return r;
}

int operation_open(struct operation *w, struct xvtd *x, const char *dom,
                   const struct bdf_pattern *patterns, size_t n, struct err *e)
{
    struct facts *f = &w->facts;
    const struct hv_domain *found;
    struct hv_domain guest;
    int r;

    if (!dom)
        return operation_open_guest(w, x, NULL, patterns, n, e);
    r = xvtd_hv(x, e);
    if (!r && !f->domains)
        r = hv_domain_names(x->hv, &f->domains, &f->n_domains, e);
    if (!r)
        r = domain_find(f->domains, f->n_domains, dom, &found, e);
    if (r)
        return r;
    guest = *found; /* the list may be read again */
    return operation_open_guest(w, x, &guest, patterns, n, e);
}

int operation_natives(struct operation *w, struct err *e)
{
    w->natives = calloc(w->n_bdfs ? w->n_bdfs : 1, sizeof(*w->natives));
    if (!w->natives)
        return err_nomem(e);
    for (size_t i = 0; i < w->n_bdfs; i++) {
        int r = native_on_record(w->x->root, hv_records(w->x->hv), w->bdfs[i],
                                 &w->natives[i], e);

        if (r)
            return r;
    }
    return 0;
}

static void recall_text(struct operation *w, struct bdf bdf, const char *key, char *buf,
                        size_t size)
{
    AUTO_FREE char *value = NULL;
    struct err ignored;

    if (!record_get(hv_records(w->x->hv), bdf, key, &value, &ignored) && value)
        snprintf(buf, size, "%s", value);
}

int operation_device(struct operation *w, const struct fn_facts *fn, struct remembered *d,
                     struct err *e)
{
    const struct group *group = w->groups ? groups_of(w->groups, fn->bdf) : NULL;
    const struct records *records = hv_records(w->x->hv);
    char allow[ALLOW_TEXT_MAX] = "";
    int r = run_remember(w->x->root, records, fn->bdf, fn->driver.driver, d, e);

    d->group = group ? (long long)group->id : -1;
    if (w->manifest) {
        device_name_of(w->x->root, records, fn->bdf, d->name);
        recall_text(w, fn->bdf, "allow", allow, sizeof(allow));
        d->allow = allow_read(allow) & ALLOW_CARRIED;
        remember_machine(w->x->root, d->machine);
    }
    return r;
}

/* Copies a manifest's data on a device to its journal entry. */
static int describe_device(struct operation *w, const struct fn_facts *fn, struct remembered *d,
                           struct err *e)
{
    for (size_t i = 0; w->manifest && i < w->manifest->n; i++)
        if (bdf_equal(w->manifest->devices[i].dev.bdf, fn->bdf)) {
            *d = w->manifest->devices[i].dev;
            return 0;
        }
    return operation_device(w, fn, d, e);
}

static void describe_domain(const struct hv_domain *dom, struct journal_domain *ret)
{
    if (!dom)
        return;
    snprintf(ret->uuid, sizeof(ret->uuid), "%s", dom->uuid);
    snprintf(ret->name, sizeof(ret->name), "%s", dom->name);
    ret->domid = dom->domid;
}

static int describe(struct operation *w, const struct operation_how *how, struct journal_doc *doc,
                    struct err *e)
{
    int r = 0;

    *doc = (struct journal_doc){
        .policy = how->policy, .timeout_ms = how->timeout_ms, .force = how->force,
    };
    snprintf(doc->command, sizeof(doc->command), "%s", how->command);
    if (w->manifest)
        snprintf(doc->manifest, sizeof(doc->manifest), "%s", w->manifest->file);
    describe_domain(w->facts.dom, &doc->dom);
    describe_domain(w->other, &doc->other);
    doc->devices = calloc(w->facts.n_fns ? w->facts.n_fns : 1, sizeof(*doc->devices));
    if (!doc->devices)
        return err_nomem(e);
    for (; !r && doc->n_devices < w->facts.n_fns; doc->n_devices++)
        r = describe_device(w, &w->facts.fns[doc->n_devices], &doc->devices[doc->n_devices], e);
    return r;
}

struct apply operation_context(struct operation *w, struct guest_side *guest)
{
    guest->hv = w->x->hv;
    guest->domains = w->facts.domains;
    guest->n_domains = w->facts.n_domains;
    if (!guest->manifest)
        guest->manifest = w->manifest;
    return (struct apply){
        .root = w->x->root,
        .records = hv_records(w->x->hv),
        .owner = guest_owner,
        .guest = guest,
        .remedy = "`xvtd recover` tries again; `xvtd list` shows which driver or guest has each "
                  "device",
    };
}

/* Writes names to xenstore, which forgets them at each boot, so that xl can use them. */
static void tell_names(struct operation *w)
{
    for (size_t i = 0; i < w->plan.n; i++) {
        const struct step *step = &w->plan.steps[i];
        struct err e;

        if (step->status != STEP_UNDONE && step_is_function(step) &&
            device_name_tell(w->x->root, hv_records(w->x->hv), step->bdf, &e))
            xvtd_note(w->x, "name", BDF_STR(step->bdf), "note: xl does not know the name yet: %s",
                      e.message);
    }
}

int operation_run(struct operation *w, const struct operation_how *how, struct err *e)
{
    struct guest_side guest = { .timeout_ms = how->timeout_ms, .force = how->force };
    const char *dom = w->facts.dom ? w->facts.dom->name : "";
    CLEANUP(journal_doc_clear) struct journal_doc doc = { .n_devices = 0 };
    const struct xvtd_listener *listener = w->x->listener;
    struct apply a;
    int r = 0;

    if (w->x->dry_run)
        return run_show(w->x, &w->plan, w->one_of_many, e);
    if (listener && listener->agree)
        r = listener->agree(&w->plan, listener->user, e);
    if (!r && plan_changes(&w->plan))
        r = describe(w, how, &doc, e);
    if (r)
        return r;
    a = operation_context(w, &guest);
    r = run_plan(w->x, &a, &w->plan, &doc, how->mode, w->left, e);
    if (listener && listener->carried_out && *doc.command)
        listener->carried_out(&doc, &w->plan, listener->user);
    if (!r)
        tell_names(w);
    if (!w->one_of_many)
        report_begin(w->x);
    report(w->x, &w->plan, dom);
    report(w->x, &w->told, dom);
    if (!w->one_of_many)
        report_end(w->x);
    return r;
}

int operation_take(struct operation *w, unsigned allow, const struct vf_settings *vf,
                   struct err *e)
{
    static const struct operation_how how = {
        .command = "assignable add", .policy = POLICY_UNDO, .mode = APPLY_ALL,
    };
    int r = decide_take(&w->facts, w->bdfs, w->n_bdfs, allow, vf, &w->plan, e);

    return r ? r : operation_run(w, &how, e);
}

void operation_close(struct operation *w)
{
    plan_clear(&w->plan);
    plan_clear(&w->told);
    free(w->natives);
    free(w->bdfs);
    facts_clear(&w->facts);
    locks_close(w->locks);
    groups_close(w->groups);
    inventory_close(w->inv);
}
