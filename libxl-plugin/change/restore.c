/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

/* A device that cannot be put back, for the report. */
static int tell_failed(struct work *w, const struct manifest_device *d, const char *why,
                       struct err *e)
{
    struct step *step = plan_add(&w->told, STEP_ATTACH, &d->pci);

    if (!step)
        return err_nomem(e);
    step->pci.bdf = d->dev.was;
    step->status = STEP_FAILED;
    step_say(step, "%s", why);
    return 0;
}

/* The manifest is this guest's, by its UUID or by its name. */
static int check_owner(const struct manifest *m, const struct hv_domain *dom, struct err *e)
{
    int r;

    if (!strcmp(m->uuid, dom->uuid) || !strcmp(m->name, dom->name))
        return 0;
    r = err_set(e, XV_REFUSED, EPERM, "manifest %s: it is of another guest, '%s'", m->file,
                m->name);
    err_kind(e, "manifest");
    return r;
}

static int plan_restore(struct work *w, struct manifest *m, struct restore_request *requests,
                        struct err *e)
{
    struct guest_pci none = { .domid = w->facts.dom->domid };
    struct decide_notes notes = { .n = 0 };
    int r;

    for (size_t i = 0; i < m->n; i++) {
        struct restore_request *rq = &requests[i];

        rq->assign = (struct assign_request){
            .what.bdf = m->devices[i].dev.bdf,
            .vslot = m->devices[i].pci.vslot,
            .options = m->devices[i].pci,
        };
        rq->vfunc = m->devices[i].pci.vfunc;
        rq->allow = place_is_here(w->x->root, &m->devices[i].dev) ? m->devices[i].dev.allow : 0;
    }
    r = decide_restore(&w->facts, requests, m->n, &w->plan, &notes, e);
    for (size_t i = 0; !r && i < notes.n; i++)
        xvtd_note(w->x, "%s", notes.list[i].text);
    free(notes.list);
    if (!r && w->plan.n && !plan_add(&w->plan, STEP_FORGET, &none))
        r = err_nomem(e);
    for (size_t i = 0; !r && i < m->n; i++)
        if (requests[i].failed)
            r = tell_failed(w, &m->devices[i], requests[i].why, e);
    return r;
}

/* What is left in the manifest, after all that could be done was done. */
static int tell_left(const struct work *w, const struct manifest *m, struct err *e)
{
    const struct step *first = w->told.n ? &w->told.steps[0] : NULL;
    int r;

    if (!first)
        return 0;
    r = err_set(e, XV_INCOMPLETE, ENODEV, "%s%s%s",
                strstr(first->message, BDF_STR(first->pci.bdf)) ? "" : BDF_STR(first->pci.bdf),
                strstr(first->message, BDF_STR(first->pci.bdf)) ? "" : ": ", first->message);
    if (w->told.n > 1)
        err_append(e, " (and %zu more)", w->told.n - 1);
    err_hint(e, "it stays in the manifest %s: when it is there, `xvtd restore %s` goes on", m->file,
             w->facts.dom->name);
    return r;
}

static int restore_placed(struct xvtd *x, const struct hv_domain *dom, struct manifest *m,
                          struct restore_request *requests, struct work *w, struct err *e)
{
    AUTO_FREE struct bdf_pattern *patterns = calloc(m->n, sizeof(*patterns));
    size_t n = 0;
    int r;

    if (!patterns)
        return err_nomem(e);
    for (size_t i = 0; i < m->n; i++)
        if (!requests[i].failed)
            patterns[n++].bdf = m->devices[i].dev.bdf;
    r = work_groups(w, x, e);
    if (!r)
        r = work_open(w, x, dom->uuid, patterns, n, e);
    w->manifest = m;
    if (!r)
        r = plan_restore(w, m, requests, e);
    if (!r)
        r = work_run(w, "restore", &(struct apply){ .timeout_ms = 0 }, APPLY_EACH, e);
    return r ? r : x->dry_run ? 0 : tell_left(w, m, e);
}

int restore_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
                const struct maps *maps, struct err *e)
{
    AUTO_FREE struct restore_request *requests = NULL;
    CLEANUP(manifest_clear) struct manifest m = { .n = 0 };
    struct work w = { .one_of_many = many };
    int r;

    r = manifest_file(&m, x->root, file, dom->uuid, e);
    if (!r)
        r = manifest_load(&m, e);
    if (r == -ENOENT && !file)
        err_hint(e, "`xvtd eject` writes it; after a migration it has to be carried here");
    if (!r)
        r = check_owner(&m, dom, e);
    if (r)
        return r;
    requests = calloc(m.n, sizeof(*requests));
    if (!requests)
        return err_nomem(e);
    for (size_t i = 0; !r && i < m.n; i++) {
        r = place_device(x, maps, &m.devices[i].dev, e);
        if (r && r != -ENOMEM && e->code != XV_CANNOT) {
            requests[i].failed = true;
            snprintf(requests[i].why, sizeof(requests[i].why), "%s", e->message);
            r = 0;
        }
    }
    if (!r)
        r = place_apart(&m, requests, e);
    if (!r)
        r = restore_placed(x, dom, &m, requests, &w, e);
    work_close(&w);
    return r;
}
