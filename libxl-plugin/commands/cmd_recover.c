/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recover: finishes or undoes what an interrupted xvtd has begun, by the current state. */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "change/recover.h"
#include "change/sweep.h"
#include "change/operation.h"
#include "engine/recovery.h"
#include "engine/report.h"
#include "migrate/migrate.h"
#include "session/domain.h"

#define TIMEOUT_MAX_S 3600
#define TIMEOUT_MS 30000    /* for a guest without a journal */

enum { O_TIMEOUT = 1 };

static const struct cli_option options[] = {
    { O_TIMEOUT, 0, "timeout", CLI_ARG, "S",
      "wait at most S seconds for a guest (default: the interrupted command's)" },
    { 0 },
};

/* One run. */
struct wish {
    const char *domain;         /* the operand, or NULL */
    long timeout;               /* in seconds; 0: as the interrupted command */
    char (*left)[HV_UUID_MAX];  /* domains whose journals are left */
    size_t n_left;
};

static void note_left(struct wish *o, const struct journal_doc *doc)
{
    if (!ARRAY_GROW(o->left, o->n_left))
        snprintf(o->left[o->n_left++], HV_UUID_MAX, "%s", doc->dom.uuid);
}

static bool is_left(const struct wish *o, const struct journal_doc *doc)
{
    for (size_t i = 0; i < o->n_left; i++)
        if (!strcmp(o->left[i], doc->dom.uuid))
            return true;
    return false;
}

static bool is_domain(const struct journal_domain *dom, const char *operand)
{
    struct domain_operand want;
    struct err ignored;

    return *dom->uuid && !domain_parse(operand, &want, &ignored) &&
           domain_matches(&want, dom->domid, dom->uuid, dom->name);
}

/* From here on a running guest is its UUID; for a dead one only the operand is known. */
static int resolve(struct xvtd *x, const char **operand, char uuid[HV_UUID_MAX + 8], struct err *e)
{
    AUTO_FREE struct hv_domain *domains = NULL;
    const struct hv_domain *dom;
    size_t n = 0;
    int r = hv_domain_names(x->hv, &domains, &n, e);

    if (r)
        return r;
    r = domain_find(domains, n, *operand, &dom, e);
    if (r)
        return e->code == XV_NOT_FOUND ? 0 : r;
    snprintf(uuid, HV_UUID_MAX + 8, "uuid:%s", dom->uuid);
    *operand = uuid;
    return 0;
}

/* Handles one journal, with everything locked, and reports its end as the journal's command. */
static int recover_locked(struct recovery *rec, struct operation *op, const char *name,
                          struct err *e)
{
    CLEANUP(journal_doc_clear) struct journal_doc doc = { .n_devices = 0 };
    struct wish *wish = rec->user;
    struct journal *journal;
    bool undone = false;
    int r = recovery_reopen(rec, name, &doc, &journal, e);

    if (r || !journal)
        return r;
    if (wish->timeout)
        doc.timeout_ms = (unsigned)wish->timeout * 1000;
    r = recover_run(&undone, op, &doc, journal, e);
    if (r)
        note_left(wish, &doc);
    else
        recovery_ended(rec, &doc, undone);
    return r;
}

/*
 * A migration ends with a restore, which takes its own locks.  Its own eject, a newer journal,
 * must end first.
 */
static int recover_migration(struct recovery *rec, const struct journal_doc *doc,
                             struct journal *journal, struct err *e)
{
    bool undone = false, waits = is_left(rec->user, doc);
    int r = waits ? 0 : migrate_recover(rec->x, doc, &undone, e);

    journal_end(journal, r || waits || rec->x->dry_run);
    if (!r && !waits)
        recovery_ended(rec, doc, undone);
    return r;
}

static int recover_one(struct recovery *rec, const char *name, struct journal_doc *doc,
                       struct journal *journal, struct err *e)
{
    const struct wish *wish = rec->user;
    struct operation op = { .x = rec->x };
    bool wanted = !wish->domain || is_domain(&doc->dom, wish->domain) ||
                  is_domain(&doc->other, wish->domain);
    int r;

    if (wanted && doc->policy == POLICY_BY_GUEST)
        return recover_migration(rec, doc, journal, e);
    journal_end(journal, true);
    if (!wanted)
        return 0;
    r = recover_lock(&op, doc, e);
    if (!r)
        r = recover_locked(rec, &op, name, e);
    operation_close(&op);
    return r;
}

static int recover_all(struct recovery *rec, struct err *e)
{
    const struct wish *wish = rec->user;
    unsigned timeout = wish->timeout ? (unsigned)wish->timeout * 1000 : TIMEOUT_MS;
    int r;

    report_begin(rec->x);
    r = recovery_journals(rec, e);
    if (!r && sweep(rec->x, wish->domain, timeout, &rec->ended, e))
        recovery_failed(rec, e);
    report_end(rec->x);
    return r;
}

static int run_recover(void *program, const struct cli_args *args, struct err *e)
{
    struct wish wish = { .domain = args->n_operands ? args->operands[0] : NULL };
    struct recovery rec = { .x = program, .one = recover_one, .user = &wish };
    char uuid[HV_UUID_MAX + 8];
    int r = 0;

    if (cli_has(args, O_TIMEOUT))
        r = cli_number(cli_value(args, O_TIMEOUT), "timeout", 1, TIMEOUT_MAX_S, &wish.timeout, e);
    if (!r)
        r = xvtd_hv(rec.x, e);
    if (!r && wish.domain)
        r = resolve(rec.x, &wish.domain, uuid, e);
    if (!r)
        r = recover_all(&rec, e);
    free(wish.left);
    return r ? r : recovery_result(&rec, args->n_operands ? args->operands[0] : NULL, e);
}

const struct cli_command cmd_recover = {
    .name = "recover",
    .operands = "[DOMAIN]",
    .summary = "finish or undo what an interrupted command began",
    .details =
        "A killed command leaves a journal. `recover` reads it, looks at the present\n"
        "state, and undoes assign and assignable add; finishes detach, assignable remove,\n"
        "eject and restore. It finishes switch if the first guest has released the\n"
        "device, else undoes it. After migrate it gives the guest its devices back if the\n"
        "guest still runs here. Then it clears records of guests that no longer exist,\n"
        "and devices that a crash left in a guest's QEMU. With DOMAIN it handles this\n"
        "guest only.\n",
    .example = "xvtd recover",
    .max = 1,
    .options = options,
    .run = run_recover,
};
