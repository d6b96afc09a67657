/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore: puts back what eject has taken out, on this host or on another one. */
#include "ops/ops.h"

#include <errno.h>
#include <string.h>

#include "change/restore.h"
#include "engine/report.h"
#include "session/domain.h"

enum { O_ALL = 1, O_MANIFEST, O_MAP };

const struct cli_option op_restore_options[] = {
    { O_ALL, 0, "all", CLI_NO_ARG, NULL, "restore every running guest that has a manifest" },
    { O_MANIFEST, 0, "manifest", CLI_ARG, "FILE",
      "read this manifest (default /var/lib/xvtd/UUID.json)" },
    { O_MAP, 0, "map", CLI_ARG, "OLD=NEW", "use NEW of this host for OLD of the manifest" },
    { 0 },
};

static int read_maps(struct xvtd *x, const struct cli_args *args, struct maps *maps,
                     struct err *e)
{
    for (size_t i = 0; i < args->n_given; i++) {
        int r;

        if (args->given[i].id != O_MAP)
            continue;
        r = maps_add(maps, x, args->given[i].value, e);
        if (r)
            return r;
    }
    return 0;
}

static int restore_all(struct xvtd *x, const struct hv_domain *domains, size_t n,
                       const struct maps *maps, struct err *e)
{
    AUTO_FREE char (*uuids)[HV_UUID_MAX] = NULL;
    size_t n_uuids = 0;
    int result = manifest_list(x->root, &uuids, &n_uuids, e);

    if (result)
        return result;
    report_begin(x);
    for (size_t i = 0; i < n_uuids; i++) {
        const struct hv_domain *dom = NULL;
        struct err one;

        for (size_t d = 0; d < n; d++)
            if (!strcmp(domains[d].uuid, uuids[i]))
                dom = &domains[d];
        if (!dom) {
            xvtd_note(x, "not-running", uuids[i], "%s: this guest does not run; its manifest stays",
                      uuids[i]);
        } else if (restore_one(x, dom, true, NULL, maps, &one)) {
            err_prefix(&one, "%s", dom->name);
            if (!result)
                *e = one;
            result = -EIO;
            e->code = XV_INCOMPLETE;
        }
    }
    report_end(x);
    return result;
}

static int restore(struct xvtd *x, const struct cli_args *args, struct maps *maps, struct err *e)
{
    const char *file = cli_value(args, O_MANIFEST);
    AUTO_FREE struct hv_domain *domains = NULL;
    const struct hv_domain *dom = NULL;
    size_t n = 0;
    int r;

    if (cli_has(args, O_ALL) == (args->n_operands == 1))
        return err_set(e, XV_USAGE, EINVAL, "expected a DOMAIN or --all");
    if (cli_has(args, O_ALL) && file)
        return err_set(e, XV_USAGE, EINVAL, "--manifest is for one DOMAIN: each has its own");
    r = xvtd_hv(x, e);
    if (!r)
        r = read_maps(x, args, maps, e);
    if (!r)
        r = hv_domains(x->hv, &domains, &n, e);
    if (r)
        return r;
    if (cli_has(args, O_ALL))
        return restore_all(x, domains, n, maps, e);
    r = domain_find(domains, n, args->operands[0], &dom, e);
    return r ? r : restore_one(x, dom, false, file, maps, e);
}

static int run_restore(void *program, const struct cli_args *args, struct err *e)
{
    struct maps maps = { .n = 0 };
    int r = restore(program, args, &maps, e);

    maps_clear(&maps);
    return r;
}

const struct cli_command op_restore = {
    .name = "restore",
    .operands = "DOMAIN | --all",
    .max = 1,
    .options = op_restore_options,
    .run = run_restore,
};
