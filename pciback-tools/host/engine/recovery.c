/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/recovery.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/out.h"

static int take_one(struct recovery *rec, const char *name, struct err *e)
{
    CLEANUP(journal_doc_clear) struct journal_doc doc = { .n_devices = 0 };
    struct journal *journal;
    int r = journal_open(&journal, &doc, rec->x->root, name, false, e);

    if (r == -ESTALE)
        xvtd_note(rec->x, e->kind, e->object, "%s: removed", e->message);
    if (r == -ENOENT || r == -ESTALE)
        return 0;
    return r ? r : rec->one(rec, name, &doc, journal, e);
}

int recovery_journals(struct recovery *rec, struct err *e)
{
    AUTO_FREE char **names = NULL;
    size_t n = 0;
    int r = journal_list(rec->x->root, &names, &n, e);

    for (size_t i = 0; !r && i < n; i++)
        if (take_one(rec, names[i], e))
            recovery_failed(rec, e);
    return r;
}

int recovery_reopen(const struct recovery *rec, const char *name, struct journal_doc *doc,
                    struct journal **journal, struct err *e)
{
    int r = journal_open(journal, doc, rec->x->root, name, true, e);

    if (r)
        *journal = NULL;
    return r == -ENOENT ? 0 : r;
}

void recovery_ended(struct recovery *rec, const struct journal_doc *doc, bool undone)
{
    const struct xvtd *x = rec->x;

    rec->ended++;
    if (!x->quiet && !x->json && !x->dry_run)
        out_line("recovered: %s%s%s: %s", doc->command, *doc->dom.name ? " " : "", doc->dom.name,
                 undone ? "undone" : "finished");
}

void recovery_failed(struct recovery *rec, const struct err *e)
{
    if (!rec->failed)
        rec->first = *e;
    rec->failed = true;
}

int recovery_result(const struct recovery *rec, const char *guest, struct err *e)
{
    if (rec->failed) {
        *e = rec->first;
        e->code = XV_INCOMPLETE;
        return -EIO;
    }
    if (!rec->ended && !rec->x->quiet && !rec->x->json)
        out_line("already clean: no leftovers%s%s", guest ? " in " : "", guest ? guest : "");
    return 0;
}
