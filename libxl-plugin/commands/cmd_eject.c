/* SPDX-License-Identifier: GPL-2.0-or-later */
/* eject: everything out of a guest, for a migration, to be put back by restore. */
#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "domain.h"
#include "report.h"
#include "work.h"

#define TIMEOUT_S 30
#define TIMEOUT_MAX_S 3600
#define TRIES 3     /* when the guest gets devices while we look */

enum { O_ALL = 1, O_MANIFEST, O_TIMEOUT };

static const struct cli_option options[] = {
    { O_ALL, 0, "all", CLI_NO_ARG, NULL, "every guest" },
    { O_MANIFEST, 0, "manifest", CLI_ARG, "FILE",
      "what restore needs (default /var/lib/xvtd/UUID.json)" },
    { O_TIMEOUT, 0, "timeout", CLI_ARG, "S",
      "wait at most S seconds for the guest (default 30)" },
    { 0 },
};

/* The functions that the domain has now, as patterns. */
static int list_devices(struct xvtd *x, uint32_t domid, struct bdf_pattern **ret, size_t *n,
                        struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    AUTO_FREE struct bdf_pattern *list = NULL;
    size_t n_assigned = 0, found = 0;
    int r = hv_assigned(x->hv, &assigned, &n_assigned, e);

    if (r)
        return r;
    list = calloc(n_assigned ? n_assigned : 1, sizeof(*list));
    if (!list)
        return err_nomem(e);
    for (size_t i = 0; i < n_assigned; i++)
        if (assigned[i].domid == domid)
            list[found++].bdf = assigned[i].bdf;
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

/* Did it get another one before we had the locks? */
static bool is_complete(const struct work *w)
{
    for (size_t i = 0; i < w->facts.n_assigned; i++)
        if (w->facts.assigned[i].domid == w->facts.dom->domid &&
            !facts_fn(&w->facts, w->facts.assigned[i].bdf))
            return false;
    return true;
}

static int fill_manifest(struct work *w, struct manifest *m, struct err *e)
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
        r = work_device(w, fn, &dev, e);
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

static int eject_open(struct work *w, struct xvtd *x, const struct hv_domain *dom, struct err *e)
{
    AUTO_FREE struct bdf_pattern *patterns = NULL;
    char domid[16];
    size_t n = 0;
    int r = list_devices(x, dom->domid, &patterns, &n, e);

    snprintf(domid, sizeof(domid), "%u", dom->domid);
    if (!r)
        r = work_groups(w, x, e);
    return r ? r : work_open(w, x, dom->uuid, patterns, n, e);
}

static int eject_locked(struct work *w, const char *file, unsigned timeout_ms, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest m = { .n = 0 };
    struct apply how = { .timeout_ms = timeout_ms };
    int r;

    r = manifest_file(&m, w->x->root, file, w->facts.dom->uuid, e);
    if (!r)
        r = fill_manifest(w, &m, e);
    if (!r)
        r = decide_eject(&w->facts, w->bdfs, m.n ? w->n_bdfs : 0, &w->plan, e);
    if (!r && !m.n && !w->x->quiet && !w->x->json && !w->x->dry_run)
        printf("%s: already without devices\n", w->facts.dom->name);
    if (!r)
        r = work_run(w, "eject", &how, APPLY_EACH, e);
    w->manifest = NULL;
    return r;
}

static int eject_one(struct xvtd *x, const struct hv_domain *dom, bool many, const char *file,
                     unsigned timeout_ms, struct err *e)
{
    int r = 0;

    for (int i = 0; i < TRIES; i++) {
        struct work w = { .one_of_many = many };
        bool again;

        r = eject_open(&w, x, dom, e);
        again = !r && !is_complete(&w) && i + 1 < TRIES;
        if (!r && !again)
            r = eject_locked(&w, file, timeout_ms, e);
        work_close(&w);
        if (!again)
            break;
    }
    return r;
}

static int eject_all(struct xvtd *x, const struct hv_domain *domains, size_t n,
                     unsigned timeout_ms, struct err *e)
{
    int result = 0;

    if (!x->dry_run)
        report_begin(x);
    for (size_t i = 0; i < n; i++) {
        struct err one;

        if (domains[i].is_stub || !domains[i].managed)
            continue;
        if (eject_one(x, &domains[i], true, NULL, timeout_ms, &one)) {
            err_prefix(&one, "%s", domains[i].name);
            if (!result)
                *e = one;
            result = -EIO;
            e->code = XV_INCOMPLETE;
        }
    }
    if (!x->dry_run)
        report_end(x);
    return result;
}

static int run_eject(void *program, const struct cli_args *args, struct err *e)
{
    const char *file = cli_value(args, O_MANIFEST);
    AUTO_FREE struct hv_domain *domains = NULL;
    const struct hv_domain *dom = NULL;
    struct xvtd *x = program;
    long timeout = TIMEOUT_S;
    size_t n = 0;
    int r = 0;

    if (cli_has(args, O_ALL) == (args->n_operands == 1))
        return err_set(e, XV_USAGE, EINVAL, "expected a DOMAIN or --all");
    if (cli_has(args, O_ALL) && file)
        return err_set(e, XV_USAGE, EINVAL, "--manifest is for one DOMAIN: each has its own");
    if (cli_has(args, O_TIMEOUT))
        r = cli_number(cli_value(args, O_TIMEOUT), "timeout", 1, TIMEOUT_MAX_S, &timeout, e);
    if (!r)
        r = xvtd_hv(x, e);
    if (!r)
        r = hv_domains(x->hv, &domains, &n, e);
    if (r)
        return r;
    if (cli_has(args, O_ALL))
        return eject_all(x, domains, n, (unsigned)timeout * 1000, e);
    r = domain_find(domains, n, args->operands[0], &dom, e);
    return r ? r : eject_one(x, dom, false, file, (unsigned)timeout * 1000, e);
}

const struct cli_command cmd_eject = {
    .name = "eject",
    .operands = "DOMAIN | --all",
    .summary = "hot-remove all devices of a guest, to be put back by restore",
    .details =
        "For a live migration, which no guest can make that has devices.  What it has is on\n"
        "disk, in the manifest, before the first removal; all of them leave together.  One\n"
        "that the guest does not let go of in time makes exit code 5, the others are out.\n",
    .max = 1,
    .options = options,
    .run = run_eject,
};
