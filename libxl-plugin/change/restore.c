/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "change/operation.h"
#include "session/domain.h"

/* Reports a device that cannot be put back. */
static int tell_failed(struct operation *op, const struct manifest_device *d, const char *why,
                       struct err *e)
{
    struct step *step = plan_guest(&op->told, STEP_ATTACH, op->facts.dom, &d->pci);

    if (!step)
        return err_nomem(e);
    step->bdf = d->dev.was;
    step->status = STEP_FAILED;
    step_say(step, "%s", why);
    return 0;
}

/* Does the manifest belong to this guest, by UUID or by name? */
static int check_owner(const struct manifest *m, const struct hv_domain *dom, struct err *e)
{
    int r;

    if (!strcmp(m->uuid, dom->uuid) || !strcmp(m->name, dom->name))
        return 0;
    r = err_set(e, XV_REFUSED, EPERM, "manifest %s: it belongs to another guest, '%s'", m->file,
                m->name);
    err_kind(e, "manifest");
    return r;
}

/* Builds the request for decide_restore(); the devices have their addresses. */
static void fill_requests(const struct root *root, const struct manifest *m,
                          struct restore_request *requests)
{
    for (size_t i = 0; i < m->n; i++) {
        struct restore_request *rq = &requests[i];

        rq->assign = (struct assign_request){
            .what.bdf = m->devices[i].dev.bdf,
            .vslot = m->devices[i].pci.vslot,
            .options = m->devices[i].pci,
        };
        rq->vfunc = m->devices[i].pci.vfunc;
        rq->allow = place_is_here(root, &m->devices[i].dev) ? m->devices[i].dev.allow : 0;
    }
}

static int plan_restore(struct operation *op, struct manifest *m, struct restore_request *requests,
                        struct err *e)
{
    struct guest_pci none = { .vslot = 0 };
    struct plan_notes notes = { .n = 0 };
    int r;

    fill_requests(op->x->root, m, requests);
    r = decide_restore(&op->facts, requests, m->n, &op->plan, &notes, e);
    if (!r)
        r = operation_handover(op, 0, false, e);
    plan_notes_tell(op->x, &notes);
    if (!r && op->plan.n && !plan_guest(&op->plan, STEP_FORGET, op->facts.dom, &none))
        r = err_nomem(e);
    for (size_t i = 0; !r && i < m->n; i++)
        if (requests[i].failed)
            r = tell_failed(op, &m->devices[i], requests[i].why.message, e);
    return r;
}

/* Reports what stays in the manifest. */
static int tell_left(const struct operation *op, const struct manifest *m,
                     const struct restore_request *requests, struct err *e)
{
    size_t first = 0;

    while (first < m->n && !requests[first].failed)
        first++;
    if (first == m->n)
        return 0;
    *e = requests[first].why;
    err_object(e, BDF_STR(m->devices[first].dev.was));
    e->code = XV_INCOMPLETE;
    err_kind(e, "incomplete");
    if (op->told.n > 1)
        err_append(e, " (and %zu more)", op->told.n - 1);
    err_hint(e, "it stays in the manifest %s; run `xvtd restore %s` when the device is available",
             m->file, DOMAIN_ARG(op->facts.dom));
    return -ENODEV;
}

/* Finds each device on this host; a device that is not found fails. */
static int place_all(struct xvtd *x, struct manifest *m, const struct maps *maps,
                     struct restore_request *requests, struct err *e)
{
    for (size_t i = 0; i < m->n; i++) {
        int r = place_device(x, maps, &m->devices[i].dev, e);

        if (r && (r == -ENOMEM || e->code == XV_CANNOT))
            return r;
        requests[i].failed = r != 0;
        if (r)
            requests[i].why = *e;
    }
    return place_apart(m, requests, e);
}

/*
 * Gathers the facts of the devices that were found.  dom: their guest, NULL for one that has not
 * arrived.
 */
static int open_placed(struct xvtd *x, const struct hv_domain *dom, const struct manifest *m,
                       const struct restore_request *requests, struct operation *op, struct err *e)
{
    AUTO_FREE struct bdf_pattern *patterns = calloc(m->n, sizeof(*patterns));
    size_t n = 0;
    int r;

    if (!patterns)
        return err_nomem(e);
    for (size_t i = 0; i < m->n; i++)
        if (!requests[i].failed)
            patterns[n++].bdf = m->devices[i].dev.bdf;
    r = operation_groups(op, x, patterns, n, e);
    return r ? r : operation_open_guest(op, x, dom, patterns, n, e);
}

static int restore_placed(struct xvtd *x, const struct hv_domain *dom, struct manifest *m,
                          struct restore_request *requests, struct operation *op, struct err *e)
{
    static const struct operation_how how = {
        .command = "restore", .policy = POLICY_FINISH, .mode = APPLY_EACH,
    };
    int r = open_placed(x, dom, m, requests, op, e);

    op->manifest = m;
    if (!r)
        r = plan_restore(op, m, requests, e);
    if (!r)
        r = operation_run(op, &how, e);
    return r ? r : x->dry_run ? 0 : tell_left(op, m, requests, e);
}

int restore_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
                const struct maps *maps, struct err *e)
{
    AUTO_FREE struct restore_request *requests = NULL;
    CLEANUP(manifest_clear) struct manifest m = { .n = 0 };
    struct operation op = { .one_of_many = many };
    int r;

    r = manifest_file(&m, x->root, file, dom->uuid, e);
    if (!r)
        r = manifest_load(&m, e);
    if (r == -ENOENT && !file)
        err_hint(e, "`xvtd eject` writes it; after a migration, copy it from the former host");
    if (!r)
        r = check_owner(&m, dom, e);
    if (r)
        return r;
    requests = calloc(m.n, sizeof(*requests));
    if (!requests)
        return err_nomem(e);
    r = place_all(x, &m, maps, requests, e);
    if (!r)
        r = restore_placed(x, dom, &m, requests, &op, e);
    operation_close(&op);
    return r;
}

/* Functions that shared a guest slot show that QEMU had the multifunction option. */
static bool share_slots(const struct manifest *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->devices[i].pci.vfunc)
            return true;
    return false;
}

int restore_expect(struct xvtd *x, struct manifest *m, const struct maps *maps,
                   struct restore_request *requests, struct err *e)
{
    struct hv_domain guest = { .domid = UINT32_MAX, .type = HV_HVM, .managed = true };
    struct plan_notes notes = { .n = 0 };
    CLEANUP(plan_clear) struct plan plan = { .n = 0 };
    struct operation op = { .only_look = true };
    int r = place_all(x, m, maps, requests, e);

    if (!r)
        r = open_placed(x, NULL, m, requests, &op, e);
    snprintf(guest.name, sizeof(guest.name), "%s", m->name);
    op.facts.dom = &guest;
    op.facts.iommu = true; /* eject has stored passthrough in the guest's configuration */
    op.facts.config.multifunction = share_slots(m);
    if (!r && !op.facts.host.hvm_passthrough)
        r = refuse_host(e);
    if (!r) {
        fill_requests(x->root, m, requests);
        r = decide_restore(&op.facts, requests, m->n, &plan, &notes, e);
    }
    free(notes.list);
    operation_close(&op);
    return r;
}
