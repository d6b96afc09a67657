/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recover: ends what an interrupted xvtd has begun, by what it finds. */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/out.h"
#include "change/recover.h"
#include "change/sweep.h"
#include "change/work.h"
#include "engine/journal.h"
#include "engine/report.h"
#include "migrate/migrate.h"
#include "session/domain.h"

#define TIMEOUT_MAX_S 3600
#define TIMEOUT_MS 30000    /* for a guest that no journal tells of */

enum { O_TIMEOUT = 1 };

static const struct cli_option options[] = {
    { O_TIMEOUT, 0, "timeout", CLI_ARG, "S",
      "wait at most S seconds for a guest (default: as the interrupted command)" },
    { 0 },
};

/* How it went with all journals. */
struct outcome {
    size_t ended;       /* journals and leftovers that are no more */
    struct err first;   /* of one that is left */
    bool failed;
    char (*left)[HV_UUID_MAX];  /* domains with journals that are left */
    size_t n_left;
};

static void note_failure(struct outcome *o, const struct err *e)
{
    if (!o->failed)
        o->first = *e;
    o->failed = true;
}

static void note_left(struct outcome *o, const struct journal_doc *doc)
{
    if (!ARRAY_GROW(o->left, o->n_left))
        snprintf(o->left[o->n_left++], HV_UUID_MAX, "%s", doc->dom.uuid);
}

static bool is_left(const struct outcome *o, const struct journal_doc *doc)
{
    for (size_t i = 0; i < o->n_left; i++)
        if (!strcmp(o->left[i], doc->dom.uuid))
            return true;
    return false;
}

static bool is_domain(const struct journal_domain *dom, const char *operand)
{
    struct domain_operand op;
    struct err ignored;

    return *dom->uuid && !domain_parse(operand, &op, &ignored) &&
           domain_matches(&op, dom->domid, dom->uuid, dom->name);
}

/*
 * A guest that runs is its UUID from then on; of one that is no more the operand itself is all
 * that there is.
 */
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

/* The locks of all that a journal is about. */
static int lock_all(struct work *w, const struct journal_doc *doc, struct err *e)
{
    const char *uuids[2];
    size_t n = 0;

    w->bdfs = calloc(doc->n_devices, sizeof(*w->bdfs));
    if (!w->bdfs)
        return err_nomem(e);
    for (; w->n_bdfs < doc->n_devices; w->n_bdfs++)
        w->bdfs[w->n_bdfs] = doc->devices[w->n_bdfs].bdf;
    if (*doc->dom.uuid)
        uuids[n++] = doc->dom.uuid;
    if (*doc->other.uuid && strcmp(doc->other.uuid, doc->dom.uuid))
        uuids[n++] = doc->other.uuid;
    if (n == 2 && strcmp(uuids[0], uuids[1]) > 0) {
        uuids[0] = doc->other.uuid;
        uuids[1] = doc->dom.uuid;
    }
    return work_lock(w, uuids, n, e);
}

static void tell_ended(const struct xvtd *x, const struct journal_doc *doc, bool undone)
{
    if (!x->quiet && !x->json && !x->dry_run)
        out_line("recovered: %s%s%s: %s", doc->command, *doc->dom.name ? " " : "", doc->dom.name,
                 undone ? "undone" : "finished");
}

/* One journal, with everything locked.  Its end is told by the journal's. */
static int recover_locked(struct xvtd *x, struct work *w, const char *name, long timeout,
                          struct outcome *o, struct err *e)
{
    struct journal_doc doc = { .n_devices = 0 };
    struct journal *journal = NULL;
    bool undone = false;
    int r = journal_open(&journal, &doc, x->root, name, true, e);

    if (r == -ENOENT)
        return 0; /* somebody else was faster */
    if (r)
        return r;
    if (timeout)
        doc.timeout_ms = (unsigned)timeout * 1000;
    r = recover_run(&undone, w, &doc, journal, e);
    if (!r) {
        tell_ended(x, &doc, undone);
        o->ended++;
    } else {
        note_left(o, &doc);
    }
    journal_doc_clear(&doc);
    return r;
}

/*
 * A migration ends as `restore` does, which takes the locks that it needs; but not before its
 * own eject, a newer journal, has ended.
 */
static int recover_migration(struct xvtd *x, const struct journal_doc *doc,
                             struct journal *journal, struct outcome *o, struct err *e)
{
    bool undone = false, waits = is_left(o, doc);
    int r = waits ? 0 : migrate_recover(x, doc, &undone, e);

    journal_end(journal, r || waits || x->dry_run);
    if (!r && !waits) {
        tell_ended(x, doc, undone);
        o->ended++;
    }
    return r;
}

static int recover_one(struct xvtd *x, const char *name, const char *operand, long timeout,
                       struct outcome *o, struct err *e)
{
    struct journal_doc doc = { .n_devices = 0 };
    struct work w = { .x = x };
    struct journal *journal;
    int r = journal_open(&journal, &doc, x->root, name, false, e);

    if (r == -ENOENT)
        return 0;
    if (r == -ESTALE) {
        xvtd_note(x, "%s: removed", e->message);
        return 0;
    }
    if (r)
        return r;
    if (operand && !is_domain(&doc.dom, operand) && !is_domain(&doc.other, operand)) {
        journal_end(journal, true);
        journal_doc_clear(&doc);
        return 0;
    }
    if (doc.policy == POLICY_BY_GUEST) {
        r = recover_migration(x, &doc, journal, o, e);
        journal_doc_clear(&doc);
        return r;
    }
    journal_end(journal, true);
    r = lock_all(&w, &doc, e);
    journal_doc_clear(&doc);
    if (!r)
        r = recover_locked(x, &w, name, timeout, o, e);
    work_close(&w);
    return r;
}

static int run_recover(void *program, const struct cli_args *args, struct err *e)
{
    const char *operand = args->n_operands ? args->operands[0] : NULL, *wanted = operand;
    char uuid[HV_UUID_MAX + 8];
    struct outcome o = { .ended = 0 };
    AUTO_FREE char **names = NULL;
    struct xvtd *x = program;
    long timeout = 0;
    size_t n = 0;
    int r = 0;

    if (cli_has(args, O_TIMEOUT))
        r = cli_number(cli_value(args, O_TIMEOUT), "timeout", 1, TIMEOUT_MAX_S, &timeout, e);
    if (!r)
        r = xvtd_hv(x, e);
    if (!r && operand)
        r = resolve(x, &wanted, uuid, e);
    if (!r)
        r = journal_list(x->root, &names, &n, e);
    if (r)
        return r;
    report_begin(x);
    for (size_t i = 0; i < n; i++)
        if (recover_one(x, names[i], wanted, timeout, &o, e))
            note_failure(&o, e);
    if (sweep(x, wanted, timeout ? (unsigned)timeout * 1000 : TIMEOUT_MS, &o.ended, e))
        note_failure(&o, e);
    report_end(x);
    free(o.left);
    if (!o.failed) {
        if (!o.ended && !x->quiet && !x->json)
            out_line("already so: nothing was left behind%s%s", operand ? " in " : "",
                     operand ? operand : "");
        return 0;
    }
    *e = o.first;
    e->code = XV_INCOMPLETE;
    return -EIO;
}

const struct cli_command cmd_recover = {
    .name = "recover",
    .operands = "[DOMAIN]",
    .summary = "end what an interrupted xvtd has begun",
    .details =
        "A command that changes something keeps a journal while it does.  What one that was\n"
        "killed leaves behind is looked at and ended: assign and assignable add are undone;\n"
        "detach, assignable remove, eject and restore are finished; switch is finished when\n"
        "the first guest has let go of the device, else undone.  After migrate the guest gets\n"
        "its devices back when it is still here as itself.\n"
        "Then what a crash, or a destroy in the middle of something, has left: entries and records\n"
        "of guests that are no more, devices in a guest's device model that nobody gave it.\n"
        "With DOMAIN only what was about that guest.\n",
    .max = 1,
    .options = options,
    .run = run_recover,
};
