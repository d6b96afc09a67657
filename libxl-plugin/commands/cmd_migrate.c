/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * migrate: moves a guest with its devices to another host; migrate-receive: the other host's
 * part.
 */
#include "commands/commands.h"

#include <errno.h>
#include <string.h>

#include "migrate/migrate.h"
#include "migrate/receive.h"
#include "session/domain.h"

#define TIMEOUT_S 30
#define TIMEOUT_MAX_S 3600

enum { O_MAP = 1, O_RSH = 's', O_TIMEOUT = 2 };

static const struct cli_option options[] = {
    { O_RSH, 's', "rsh", CLI_ARG, "CMD",
      "reach HOST with CMD, also in xl migrate (default ssh)" },
    { O_MAP, 0, "map", CLI_ARG, "OLD=NEW", "use NEW of HOST for OLD of this host" },
    { O_TIMEOUT, 0, "timeout", CLI_ARG, "S",
      "wait at most S seconds for the guest (default 30)" },
    { 0 },
};

/*
 * Options of xl migrate (tools/xl/xl_migrate.c, main_migrate()) that do not change what we rely
 * on.  xl reads several options in one word too, as in -eCFILE.
 */
static bool is_for_xl(const char *arg)
{
    if (!strcmp(arg, "--debug") || !strcmp(arg, "--live"))
        return true;
    return *arg == '-' && arg[1] && !arg[1 + strspn(arg + 1, "FepD")];
}

static int check_xl_args(char *const *xl_args, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const char *arg = xl_args[i];
        int r;

        if (is_for_xl(arg))
            continue;
        if (*arg != '-' || !arg[1])
            return err_set(e, XV_USAGE, EINVAL, "'%s' is one operand too many: expected DOMAIN HOST, "
                           "and after -- options of xl migrate", arg);
        r = err_on(e, XV_USAGE, EINVAL, arg,
                   "not an option for xl migrate: expected -F, -e, -p, -D, --debug or --live");
        err_hint(e, "-C would change the guest's configuration; for -s use --rsh, before --");
        return r;
    }
    return 0;
}

/* Checks --map, except for what only the other host knows. */
static int take_maps(const struct cli_args *args, struct migration *m, struct err *e)
{
    m->maps = calloc(args->n_given + 1, sizeof(*m->maps));
    if (!m->maps)
        return err_nomem(e);
    for (size_t i = 0; i < args->n_given; i++) {
        const char *map = args->given[i].value, *equals = strchr(map, '=');

        if (args->given[i].id != O_MAP)
            continue;
        if (!equals || equals == map || !equals[1])
            return err_set(e, XV_USAGE, EINVAL, "--map=%s: expected OLD=NEW", map);
        m->maps[m->n_maps++] = (char *)map;
    }
    return 0;
}

/* CMD may contain a secret: keep it out of ps and of the journal's _CMDLINE. */
static char *take_rsh(const char *operand)
{
    char *rsh = strdup(operand);

    if (rsh)
        memset((char *)operand, '*', strlen(operand));
    return rsh;
}

static int run_migrate(void *program, const struct cli_args *args, struct err *e)
{
    AUTO_FREE char *rsh = cli_has(args, O_RSH) ? take_rsh(cli_value(args, O_RSH)) : NULL;
    AUTO_FREE struct hv_domain *domains = NULL;
    struct migration m = {
        .x = program,
        .peer = { .rsh = rsh ? rsh : PEER_RSH, .host = args->operands[1] },
        .xl_args = args->operands + 2,
        .n_xl_args = args->n_operands - 2,
    };
    long timeout = TIMEOUT_S;
    size_t n = 0;
    int r = cli_has(args, O_RSH) && !rsh ? err_nomem(e) : 0;

    if (!r && !peer_host_valid(m.peer.host))
        r = err_set(e, XV_USAGE, EINVAL, "'%s': expected the name of a host, [A-Za-z0-9@] and then "
                    "[A-Za-z0-9@.:_-]", m.peer.host);
    if (!r && rsh && !rsh[strspn(rsh, " \t")])
        r = err_set(e, XV_USAGE, EINVAL, "--rsh: expected a command");
    if (!r)
        r = check_xl_args(m.xl_args, m.n_xl_args, e);
    if (!r && cli_has(args, O_TIMEOUT))
        r = cli_number(cli_value(args, O_TIMEOUT), "timeout", 1, TIMEOUT_MAX_S, &timeout, e);
    m.timeout_ms = (unsigned)timeout * 1000;
    if (!r)
        r = take_maps(args, &m, e);
    if (!r)
        r = xvtd_hv(m.x, e);
    if (!r)
        r = hv_domains(m.x->hv, &domains, &n, e);
    if (!r)
        r = domain_find(domains, n, args->operands[0], &m.dom, e);
    if (!r)
        r = domain_attachable(m.dom, e);
    if (!r)
        r = migrate_run(&m, e);
    free(m.maps);
    return r;
}

const struct cli_command cmd_migrate = {
    .name = "migrate",
    .operands = "DOMAIN HOST [-- XL-MIGRATE-OPTION...]",
    .summary = "live-migrate a guest that has PCI devices",
    .details =
        "Checks both hosts first: HOST has xvtd, an IOMMU, and a free device for each one\n"
        "of the guest. Then ejects the devices, runs `xl migrate`, and restores them on\n"
        "HOST. When the migration fails, the devices come back here (exit code 1). When\n"
        "it is not clear where the guest runs, xvtd leaves the devices alone (exit code\n"
        "5).\n",
    .example = "xvtd migrate vm1 hostb --map 02:00.0=03:00.0",
    .min = 2,
    .options = options,
    .run = run_migrate,
};

static int run_receive(void *program, const struct cli_args *args, struct err *e)
{
    (void)args;
    return receive_orders(program, stdin, stdout, e);
}

const struct cli_command cmd_migrate_receive = {
    .name = "migrate-receive",
    .operands = "",
    .summary = "receive a guest's devices; `migrate` runs it on HOST",
    .details =
        "Reads orders from standard input, one JSON document a line, and answers each.\n",
    .run = run_receive,
};
