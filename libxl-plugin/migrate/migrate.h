/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves a guest with its devices to another host, with eject, `xl migrate` and restore. */
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
    char *const *xl_args;       /* options for `xl migrate` */
    size_t n_xl_args;
    unsigned timeout_ms;        /* how long the guest may take to release its devices */
};

/*
 * Migrates the guest, or prints the plan (--dry-run).  After a failure the guest has its devices
 * back here.  Errors: XV_REFUSED, XV_CANNOT before any change; XV_FAILED if everything is back;
 * XV_INCOMPLETE, the message says what is left.
 */
int migrate_run(struct migration *m, struct err *e);

/*
 * The guest is here and no migration of it runs: puts its devices back from the manifest (NULL
 * for the default); without a manifest does nothing.  Errors: as restore_one().
 */
int migrate_restore_here(struct xvtd *x, const struct hv_domain *dom, const char *file,
                         struct err *e);

/*
 * Ends a killed migration, whose journal we hold: the guest gets its devices back if it is still
 * here under its own name.  *undone: it was so.  Errors: XV_INCOMPLETE.
 */
int migrate_recover(struct xvtd *x, const struct journal_doc *doc, bool *undone, struct err *e);

#endif
