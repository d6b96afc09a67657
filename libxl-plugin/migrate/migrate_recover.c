/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "change/restore.h"
#include "migrate/after.h"
#include "migrate/migrate.h"

int migrate_restore_here(struct xvtd *x, const struct hv_domain *dom, const char *file,
                         struct err *e)
{
    struct maps none = { .n = 0 };
    int r;

    hv_end_log_dirty(x->hv, dom->domid);
    r = restore_one(x, dom, true, file, &none, e);
    /* no device was out, or another command has put them back */
    return r == -ENOENT && e->code == XV_NOT_FOUND ? 0 : r;
}

/* The guest is on the other host, and so is its manifest. */
static int has_left(struct xvtd *x, const struct journal_doc *doc, struct err *e)
{
    struct manifest m = { .n = 0 };

    xvtd_note(x, "migrated", doc->dom.name, "%s has migrated to %s: if its devices are not back "
              "there, run `xvtd restore %s` on %s", doc->dom.name, doc->host, doc->dom.name,
              doc->host);
    snprintf(m.file, sizeof(m.file), "%s", doc->manifest);
    return x->dry_run ? 0 : manifest_remove(&m, x->root, e);
}

int migrate_recover(struct xvtd *x, const struct journal_doc *doc, bool *undone, struct err *e)
{
    bool begun = doc->plan.steps[0].open || doc->plan.steps[0].status == STEP_DONE;
    AUTO_FREE struct hv_domain *domains = NULL;
    const struct hv_domain *dom;
    char why[256];
    size_t n = 0;
    int r = hv_domains(x->hv, &domains, &n, e);

    *undone = false;
    if (r)
        return r;
    switch (after_migration(domains, n, doc->dom.uuid, doc->dom.name, &dom, why)) {
    case AFTER_GONE:
        return begun ? has_left(x, doc, e) : 0;
    case AFTER_UNSURE:
        r = err_set(e, XV_INCOMPLETE, EBUSY, "migrate %s: %s, so xvtd changed nothing",
                    doc->dom.name, why);
        err_hint(e, "find the running guest with `xl list` here and on %s: there run `xvtd restore "
                 "name:%s`; here run `xvtd recover` again when the guest has its own name or is "
                 "gone",
                 doc->host, SHELL_STR(doc->dom.name));
        return r;
    case AFTER_HERE:
        break;
    }
    *undone = true;
    if (x->dry_run) {
        xvtd_note(x, "restored", doc->dom.name, "%s is here and gets its devices back",
                  doc->dom.name);
        return 0;
    }
    r = migrate_restore_here(x, dom, doc->manifest, e);
    if (r)
        err_prefix(e, "migrate %s", doc->dom.name);
    return r;
}
