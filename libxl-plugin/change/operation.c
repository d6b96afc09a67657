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

int operation_handover(struct operation *op, unsigned allow, bool strict, struct err *e)
{
    struct plan_notes notes = { .n = 0 };
    int r;

    op->facts.policy.strict_reset |= strict;
    r = decide_handover(&op->facts, &op->plan, allow, &notes, e);
    plan_notes_tell(op->x, &notes);
    return r;
}

int operation_libvirt(struct operation *op, struct err *e)
{
    struct plan_notes notes = { .n = 0 };
    int r = note_libvirt(&op->facts, op->other, &op->plan, &notes, e);

    plan_notes_tell(op->x, &notes);
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

static int find_functions(struct operation *op, const struct bdf_pattern *patterns, size_t n,
                          struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < n; i++) {
        r = inventory_add(op->inv, patterns[i], &op->bdfs, &op->n_bdfs, e);
        /* A guest may have a device that the host no longer shows; the facts decide. */
        if (r == -ENODEV && !patterns[i].all)
            r = bdf_add_once(&op->bdfs, &op->n_bdfs, patterns[i].bdf, e);
    }
    return r;
}

static int lock_functions(struct operation *op, struct err *e)
{
    int r = locks_open(&op->locks, op->x->root, e);

    return r ? r : locks_take_functions(op->locks, op->bdfs, op->n_bdfs, e);
}

/* The locks of the domains, in their order. */
static int lock_domains(struct operation *op, const char *uuid, struct err *e)
{
    const char *first = uuid, *second = op->other ? op->other->uuid : uuid;
    int r;

    if (strcmp(first, second) > 0) {
        first = second;
        second = uuid;
    }
    r = locks_take_domain(op->locks, first, e);
    return r || !strcmp(first, second) ? r : locks_take_domain(op->locks, second, e);
}

static int take_locks(struct operation *op, const struct hv_domain *dom, struct err *e)
{
    int r = lock_functions(op, e);

    if (!r && dom)
        r = lock_domains(op, dom->uuid, e);
    if (!r && locks_waited(op->locks))
        facts_clear(&op->facts);
    progress_end();
    return r;
}

int operation_lock(struct operation *op, const char *const *uuids, size_t n, struct err *e)
{
    int r = lock_functions(op, e);

    for (size_t i = 0; !r && i < n; i++)
        r = locks_take_domain(op->locks, uuids[i], e);
    progress_end();
    return r ? r : hv_domains(op->x->hv, &op->facts.domains, &op->facts.n_domains, e);
}

int operation_groups(struct operation *op, struct xvtd *x, const struct bdf_pattern *patterns,
                     size_t n, struct err *e)
{
    AUTO_FREE struct bdf *bdfs = NULL;
    size_t n_bdfs = 0;
    struct err ignored;
    int r;

    op->x = x;
    r = inventory_open(&op->inv, x->root, e);
    if (r || !patterns)
        return r ? r : groups_open(&op->groups, x->root, op->inv, e);
    for (size_t i = 0; i < n; i++)
        /* operation_open() says so */
        inventory_add(op->inv, patterns[i], &bdfs, &n_bdfs, &ignored);
    return groups_open_of(&op->groups, x->root, op->inv, bdfs, n_bdfs, e);
}

static int learn_other(struct operation *op, struct err *e)
{
    const struct hv_domain *is = domain_same(op->facts.domains, op->facts.n_domains, op->other);

    if (!is)
        return err_set(e, XV_NOT_FOUND, ENOENT, "'%s' is gone", op->other->name);
    op->other = is;
    return hv_domain_learn(op->x->hv, &op->facts.domains[is - op->facts.domains], e);
}

int operation_open_guest(struct operation *op, struct xvtd *x, const struct hv_domain *dom,
                         const struct bdf_pattern *patterns, size_t n, struct err *e)
{
    int r;

    op->x = x;
    r = xvtd_hv(x, e);
    if (!r && !op->inv)
        r = inventory_open(&op->inv, x->root, e);
    if (!r)
        r = find_functions(op, patterns, n, e);
    if (!r && !x->dry_run && !op->only_look) {
        r = take_locks(op, dom, e);
        if (!r)
            op->left = run_mention_left(x, "xvtd recover");
    }
    if (!r)
        r = facts_gather(&op->facts, x->root, x->hv, dom, op->inv, op->groups, op->bdfs,
                         op->n_bdfs, e);
    if (!r)
        r = facts_vf(&op->facts, x->root, hv_records(x->hv), e);
    if (!r && op->other)
        r = learn_other(op, e);
    return r;
}

int operation_open(struct operation *op, struct xvtd *x, const char *dom,
                   const struct bdf_pattern *patterns, size_t n, struct err *e)
{
    struct facts *f = &op->facts;
    const struct hv_domain *found;
    struct hv_domain guest;
    int r;

    if (!dom)
        return operation_open_guest(op, x, NULL, patterns, n, e);
    r = xvtd_hv(x, e);
    if (!r && !f->domains)
        r = hv_domain_names(x->hv, &f->domains, &f->n_domains, e);
    if (!r)
        r = domain_find(f->domains, f->n_domains, dom, &found, e);
    if (r)
        return r;
    guest = *found; /* the list may be read again */
    return operation_open_guest(op, x, &guest, patterns, n, e);
}

int operation_natives(struct operation *op, struct err *e)
{
    op->natives = calloc(op->n_bdfs ? op->n_bdfs : 1, sizeof(*op->natives));
    if (!op->natives)
        return err_nomem(e);
    for (size_t i = 0; i < op->n_bdfs; i++) {
        int r = native_on_record(op->x->root, hv_records(op->x->hv), op->bdfs[i],
                                 &op->natives[i], e);

        if (r)
            return r;
    }
    return 0;
}

static void recall_text(struct operation *op, struct bdf bdf, const char *key, char *buf,
                        size_t size)
{
    AUTO_FREE char *value = NULL;
    struct err ignored;

    if (!record_get(hv_records(op->x->hv), bdf, key, &value, &ignored) && value)
        snprintf(buf, size, "%s", value);
}

int operation_device(struct operation *op, const struct fn_facts *fn, struct remembered *d,
                     struct err *e)
{
    const struct group *group = op->groups ? groups_of(op->groups, fn->bdf) : NULL;
    const struct records *records = hv_records(op->x->hv);
    char allow[ALLOW_TEXT_MAX] = "";
    int r = run_remember(op->x->root, records, fn->bdf, fn->driver.driver, d, e);

    d->group = group ? (long long)group->id : -1;
    if (op->manifest) {
        device_name_of(op->x->root, records, fn->bdf, d->name);
        recall_text(op, fn->bdf, "allow", allow, sizeof(allow));
        d->allow = allow_read(allow) & ALLOW_CARRIED;
        remember_machine(op->x->root, d->machine);
    }
    return r;
}

/* Copies a manifest's data on a device to its journal entry. */
static int describe_device(struct operation *op, const struct fn_facts *fn, struct remembered *d,
                           struct err *e)
{
    for (size_t i = 0; op->manifest && i < op->manifest->n; i++)
        if (bdf_equal(op->manifest->devices[i].dev.bdf, fn->bdf)) {
            *d = op->manifest->devices[i].dev;
            return 0;
        }
    return operation_device(op, fn, d, e);
}

static void describe_domain(const struct hv_domain *dom, struct journal_domain *ret)
{
    if (!dom)
        return;
    snprintf(ret->uuid, sizeof(ret->uuid), "%s", dom->uuid);
    snprintf(ret->name, sizeof(ret->name), "%s", dom->name);
    ret->domid = dom->domid;
}

static int describe(struct operation *op, const struct operation_how *how, struct journal_doc *doc,
                    struct err *e)
{
    int r = 0;

    *doc = (struct journal_doc){
        .policy = how->policy, .timeout_ms = how->timeout_ms, .force = how->force,
    };
    snprintf(doc->command, sizeof(doc->command), "%s", how->command);
    if (op->manifest)
        snprintf(doc->manifest, sizeof(doc->manifest), "%s", op->manifest->file);
    describe_domain(op->facts.dom, &doc->dom);
    describe_domain(op->other, &doc->other);
    doc->devices = calloc(op->facts.n_fns ? op->facts.n_fns : 1, sizeof(*doc->devices));
    if (!doc->devices)
        return err_nomem(e);
    for (; !r && doc->n_devices < op->facts.n_fns; doc->n_devices++)
        r = describe_device(op, &op->facts.fns[doc->n_devices], &doc->devices[doc->n_devices], e);
    return r;
}

struct apply operation_context(struct operation *op, struct guest_side *guest)
{
    guest->hv = op->x->hv;
    guest->domains = op->facts.domains;
    guest->n_domains = op->facts.n_domains;
    if (!guest->manifest)
        guest->manifest = op->manifest;
    return (struct apply){
        .root = op->x->root,
        .records = hv_records(op->x->hv),
        .owner = guest_owner,
        .guest = guest,
        .remedy = "`xvtd recover` tries again; `xvtd list` shows which driver or guest has each "
                  "device",
    };
}

/* Writes names to xenstore, which forgets them at each boot, so that xl can use them. */
static void tell_names(struct operation *op)
{
    for (size_t i = 0; i < op->plan.n; i++) {
        const struct step *step = &op->plan.steps[i];
        struct err e;

        if (step->status != STEP_UNDONE && step_is_function(step) &&
            device_name_tell(op->x->root, hv_records(op->x->hv), step->bdf, &e))
            xvtd_note(op->x, "name", BDF_STR(step->bdf), "note: xl does not know the name yet: %s",
                      e.message);
    }
}

int operation_run(struct operation *op, const struct operation_how *how, struct err *e)
{
    struct guest_side guest = { .timeout_ms = how->timeout_ms, .force = how->force };
    const char *dom = op->facts.dom ? op->facts.dom->name : "";
    CLEANUP(journal_doc_clear) struct journal_doc doc = { .n_devices = 0 };
    const struct xvtd_listener *listener = op->x->listener;
    struct apply a;
    int r = 0;

    if (op->x->dry_run)
        return run_show(op->x, &op->plan, op->one_of_many, e);
    if (listener && listener->agree)
        r = listener->agree(&op->plan, listener->user, e);
    if (!r && plan_changes(&op->plan))
        r = describe(op, how, &doc, e);
    if (r)
        return r;
    a = operation_context(op, &guest);
    r = run_plan(op->x, &a, &op->plan, &doc, how->mode, op->left, e);
    if (listener && listener->carried_out && *doc.command)
        listener->carried_out(&doc, &op->plan, listener->user);
    if (!r)
        tell_names(op);
    if (!op->one_of_many)
        report_begin(op->x);
    report(op->x, &op->plan, dom);
    report(op->x, &op->told, dom);
    if (!op->one_of_many)
        report_end(op->x);
    return r;
}

int operation_take(struct operation *op, unsigned allow, const struct vf_settings *vf,
                   struct err *e)
{
    static const struct operation_how how = {
        .command = "assignable add", .policy = POLICY_UNDO, .mode = APPLY_ALL,
    };
    int r = decide_take(&op->facts, op->bdfs, op->n_bdfs, allow, vf, &op->plan, e);

    return r ? r : operation_run(op, &how, e);
}

void operation_close(struct operation *op)
{
    plan_clear(&op->plan);
    plan_clear(&op->told);
    free(op->natives);
    free(op->bdfs);
    facts_clear(&op->facts);
    locks_close(op->locks);
    groups_close(op->groups);
    inventory_close(op->inv);
}
