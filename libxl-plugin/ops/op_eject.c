/* SPDX-License-Identifier: GPL-2.0-or-later */
/* eject: takes all devices out of a guest, for a migration; `restore` puts them back. */
#include "ops/ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "change/eject.h"
#include "engine/report.h"
#include "session/domain.h"
#include "session/xendomains.h"

#define TIMEOUT_S 30
#define TIMEOUT_MAX_S 3600

enum { O_ALL = 1, O_MANIFEST, O_TIMEOUT, O_XENDOMAINS };

const struct cli_option op_eject_options[] = {
    { O_ALL, 0, "all", CLI_NO_ARG, NULL, "eject the devices of every guest" },
    { O_XENDOMAINS, 0, "xendomains", CLI_NO_ARG, NULL,
      "with --all: only guests that xendomains saves at shutdown" },
    { O_MANIFEST, 0, "manifest", CLI_ARG, "FILE",
      "write the manifest here (default /var/lib/xvtd/UUID.json)" },
    { O_TIMEOUT, 0, "timeout", CLI_ARG, "S",
      "wait at most S seconds for the guest (default 30)" },
    { 0 },
};

/* Guests that xendomains shuts down keep their devices until the end. */
static int is_meant(struct xvtd *x, const struct xendomains *settings,
                    const struct hv_domain *dom, bool *ret, struct err *e)
{
    *ret = !dom->is_stub && dom->managed;
    return *ret && settings ? xendomains_saves(x->root, settings, dom->name, ret, e) : 0;
}

/* settings: NULL for all guests. */
static int eject_all(struct xvtd *x, const struct hv_domain *domains, size_t n,
                     const struct xendomains *settings, unsigned timeout_ms, struct err *e)
{
    int result = 0;

    report_begin(x);
    for (size_t i = 0; i < n; i++) {
        bool meant = false;
        struct err one;
        int r = is_meant(x, settings, &domains[i], &meant, &one);

        if (!r && meant)
            r = eject_one(x, &domains[i], true, NULL, timeout_ms, NULL, &one);
        if (r) {
            err_prefix(&one, "%s", domains[i].name);
            if (!result)
                *e = one;
            result = -EIO;
            e->code = XV_INCOMPLETE;
        }
    }
    report_end(x);
    return result;
}

static int run_eject(void *program, const struct cli_args *args, struct err *e)
{
    const char *file = cli_value(args, O_MANIFEST);
    AUTO_FREE struct hv_domain *domains = NULL;
    const struct hv_domain *dom = NULL;
    struct xvtd *x = program;
    struct xendomains settings;
    long timeout = TIMEOUT_S;
    size_t n = 0;
    int r = 0;

    if (cli_has(args, O_XENDOMAINS) && !cli_has(args, O_ALL))
        return err_set(e, XV_USAGE, EINVAL, "--xendomains goes with --all");
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
    xendomains_read(x->root, &settings);
    if (cli_has(args, O_ALL))
        return eject_all(x, domains, n, cli_has(args, O_XENDOMAINS) ? &settings : NULL,
                         (unsigned)timeout * 1000, e);
    r = domain_find(domains, n, args->operands[0], &dom, e);
    return r ? r : eject_one(x, dom, false, file, (unsigned)timeout * 1000, NULL, e);
}

const struct cli_command op_eject = {
    .name = "eject",
    .operands = "DOMAIN | --all",
    .max = 1,
    .options = op_eject_options,
    .run = run_eject,
};
