/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/eject.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "base/stop.h"
#include "change/operation.h"

#define TRIES 3     /* retries when the guest gets devices during the look */

/* The functions that the domain has now, as operands. */
static int list_devices(struct xvtd *x, uint32_t domid, struct bdf_pattern **ret, size_t *n,
                        struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    AUTO_FREE struct bdf_pattern *list = NULL;
    size_t n_assigned = 0, found = 0;
    int r = hv_assigned_to(x->hv, domid, &assigned, &n_assigned, e);

    if (r)
        return r;
    list = calloc(n_assigned ? n_assigned : 1, sizeof(*list));
    if (!list)
        return err_nomem(e);
    for (; found < n_assigned; found++)
        list[found].bdf = assigned[found].bdf;
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

/* Did the guest get another device before we took the locks? */
static bool is_complete(const struct operation *op)
{
    for (size_t i = 0; i < op->facts.n_assigned; i++)
        if (op->facts.assigned[i].domid == op->facts.dom->domid &&
            !facts_fn(&op->facts, op->facts.assigned[i].bdf))
            return false;
    return true;
}

static int fill_manifest(struct operation *op, struct manifest *m, struct err *e)
{
    int r = 0;

    snprintf(m->uuid, sizeof(m->uuid), "%s", op->facts.dom->uuid);
    snprintf(m->name, sizeof(m->name), "%s", op->facts.dom->name);
    op->manifest = m;
    for (size_t i = 0; !r && i < op->facts.n_fns; i++) {
        const struct fn_facts *fn = &op->facts.fns[i];
        struct remembered dev;
        struct manifest_device *d;

        if (!fn->owner || fn->owner->domid != op->facts.dom->domid)
            continue;
        r = operation_device(op, fn, &dev, e);
        if (r)
            return r;
        d = manifest_add(m);
        if (!d)
            return err_nomem(e);
        d->dev = dev;
        d->pci = *fn->owner;
    }
    return r;
}

static int eject_open(struct operation *op, struct xvtd *x, const struct hv_domain *dom,
                      struct err *e)
{
    AUTO_FREE struct bdf_pattern *patterns = NULL;
    size_t n = 0;
    int r = list_devices(x, dom->domid, &patterns, &n, e);

    if (!r)
        r = operation_groups(op, x, patterns, n, e);
    return r ? r : operation_open_guest(op, x, dom, patterns, n, e);
}

static int eject_locked(struct operation *op, const char *file, unsigned timeout_ms,
                        long long *began, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest m = { .n = 0 };
    struct operation_how how = {
        .command = "eject", .policy = POLICY_FINISH, .mode = APPLY_EACH, .timeout_ms = timeout_ms,
    };
    int r;

    r = manifest_file(&m, op->x->root, file, op->facts.dom->uuid, e);
    if (!r)
        r = fill_manifest(op, &m, e);
    if (!r)
        r = decide_eject(&op->facts, op->bdfs, m.n ? op->n_bdfs : 0, &op->plan, e);
    if (!r && !m.n && !op->x->quiet && !op->x->json && !op->x->dry_run)
        out_line("%s: already without devices", op->facts.dom->name);
    if (!r && began)
        *began = stop_now_ms();
    if (!r)
        r = operation_run(op, &how, e);
    op->manifest = NULL;
    return r;
}

int eject_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
              unsigned timeout_ms, long long *began, struct err *e)
{
    int r = 0;

    for (int i = 0; i < TRIES; i++) {
        struct operation op = { .one_of_many = many };
        bool again;

        r = eject_open(&op, x, dom, e);
        again = !r && !is_complete(&op) && i + 1 < TRIES;
        if (!r && !again)
            r = eject_locked(&op, file, timeout_ms, began, e);
        operation_close(&op);
        if (!again)
            break;
    }
    return r;
}

int eject_describe(struct xvtd *x, const struct hv_domain *dom, struct manifest *ret,
                   struct plan *plan, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest now = { .n = 0 };
    struct operation op = { .only_look = true };
    int r = eject_open(&op, x, dom, e);

    if (!r)
        r = manifest_file(&now, x->root, NULL, dom->uuid, e);
    if (!r)
        r = fill_manifest(&op, &now, e);
    if (!r)
        r = decide_eject(&op.facts, op.bdfs, now.n ? op.n_bdfs : 0, plan, e);
    if (!r)
        r = manifest_join(&now, ret, e);
    operation_close(&op);
    return r;
}
