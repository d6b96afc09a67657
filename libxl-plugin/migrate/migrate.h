/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest with its devices from this host to another one, by eject, `xl migrate` and restore. */
#ifndef XVTD_MIGRATE_H
#define XVTD_MIGRATE_H

#include "engine/journal.h"
#include "migrate/peer.h"
#include "session/xvtd.h"

struct migration {
    struct xvtd *x;
    const struct hv_domain *dom;
    struct peer peer;
    char **maps;                /* OLD=NEW for the other host */
    size_t n_maps;
    char *const *xl_args;       /* for `xl migrate`, each an option */
    size_t n_xl_args;
    unsigned timeout_ms;        /* how long the guest may take to let go */
};

/*
 * All of it, or the plan for it (--dry-run).  When it does not come about, the guest has its
 * devices back here.  Errors: XV_REFUSED, XV_CANNOT before anything is touched; XV_FAILED when
 * everything is back; XV_INCOMPLETE, the message saying what is left.
 */
int migrate_run(struct migration *m, struct err *e);

/*
 * The guest is here and nobody migrates it any more: its devices come back as the manifest (NULL
 * for the default) says; none is none.  Errors: as restore_one().
 */
int migrate_restore_here(struct xvtd *x, const struct hv_domain *dom, const char *file,
                         struct err *e);

/*
 * What a migration that was killed has left, of which nobody but us holds the journal: the guest
 * gets its devices back when it is still here as itself.  *undone: it was so.  Errors: XV_INCOMPLETE.
 */
int migrate_recover(struct xvtd *x, const struct journal_doc *doc, bool *undone, struct err *e);

#endif
