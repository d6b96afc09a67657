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
static bool is_complete(const struct operation *w)
{
    for (size_t i = 0; i < w->facts.n_assigned; i++)
        if (w->facts.assigned[i].domid == w->facts.dom->domid &&
            !facts_fn(&w->facts, w->facts.assigned[i].bdf))
            return false;
    return true;
}

static int fill_manifest(struct operation *w, struct manifest *m, struct err *e)
{
    int r = 0;

    snprintf(m->uuid, sizeof(m->uuid), "%s", w->facts.dom->uuid);
    snprintf(m->name, sizeof(m->name), "%s", w->facts.dom->name);
    w->manifest = m;
    for (size_t i = 0; !r && i < w->facts.n_fns; i++) {
        const struct fn_facts *fn = &w->facts.fns[i];
        struct remembered dev;
        struct manifest_device *d;

        if (!fn->owner || fn->owner->domid != w->facts.dom->domid)
            continue;
        r = operation_device(w, fn, &dev, e);
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

static int eject_open(struct operation *w, struct xvtd *x, const struct hv_domain *dom,
                      struct err *e)
{
    AUTO_FREE struct bdf_pattern *patterns = NULL;
    size_t n = 0;
    int r = list_devices(x, dom->domid, &patterns, &n, e);

    if (!r)
        r = operation_groups(w, x, patterns, n, e);
    return r ? r : operation_open_guest(w, x, dom, patterns, n, e);
}

static int eject_locked(struct operation *w, const char *file, unsigned timeout_ms, long long *began,
                        struct err *e)
{
    CLEANUP(manifest_clear) struct manifest m = { .n = 0 };
    struct operation_how how = {
        .command = "eject", .policy = POLICY_FINISH, .mode = APPLY_EACH, .timeout_ms = timeout_ms,
    };
    int r;

    r = manifest_file(&m, w->x->root, file, w->facts.dom->uuid, e);
    if (!r)
        r = fill_manifest(w, &m, e);
    if (!r)
        r = decide_eject(&w->facts, w->bdfs, m.n ? w->n_bdfs : 0, &w->plan, e);
    if (!r && !m.n && !w->x->quiet && !w->x->json && !w->x->dry_run)
        out_line("%s: already without devices", w->facts.dom->name);
    if (!r && began)
        *began = stop_now_ms();
    if (!r)
        r = operation_run(w, &how, e);
    w->manifest = NULL;
    return r;
}

int eject_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
              unsigned timeout_ms, long long *began, struct err *e)
{
    int r = 0;

    for (int i = 0; i < TRIES; i++) {
        struct operation w = { .one_of_many = many };
        bool again;

        r = eject_open(&w, x, dom, e);
        again = !r && !is_complete(&w) && i + 1 < TRIES;
        if (!r && !again)
            r = eject_locked(&w, file, timeout_ms, began, e);
        operation_close(&w);
        if (!again)
            break;
    }
    return r;
}

int eject_describe(struct xvtd *x, const struct hv_domain *dom, struct manifest *ret,
                   struct plan *plan, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest now = { .n = 0 };
    struct operation w = { .only_look = true };
    int r = eject_open(&w, x, dom, e);

    if (!r)
        r = manifest_file(&now, x->root, NULL, dom->uuid, e);
    if (!r)
        r = fill_manifest(&w, &now, e);
    if (!r)
        r = decide_eject(&w.facts, w.bdfs, now.n ? w.n_bdfs : 0, plan, e);
    if (!r)
        r = manifest_join(&now, ret, e);
    operation_close(&w);
    return r;
}
