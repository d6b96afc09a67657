/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that interrupted programs have left, one after the other: what every `recover` does. */
#ifndef XVTD_RECOVERY_H
#define XVTD_RECOVERY_H

#include "base/program.h"
#include "engine/journal.h"

struct recovery {
    struct xvtd *x;
    /* Ends one journal, which is taken over; it calls journal_end(). */
    int (*one)(struct recovery *rec, const char *name, struct journal_doc *doc,
               struct journal *journal, struct err *e);
    void *user;
    size_t ended;       /* what is no more */
    bool failed;
    struct err first;   /* of what is left */
};

/* Each journal, the newest first; failures are noted.  Errors: the list cannot be read. */
int recovery_journals(struct recovery *rec, struct err *e);

/*
 * Opens the journal again for its end, with the locks held of all that it is about.  *journal
 * is NULL when somebody else was faster.
 */
int recovery_reopen(const struct recovery *rec, const char *name, struct journal_doc *doc,
                    struct journal **journal, struct err *e);

/* Notes the end of a journal, and tells people. */
void recovery_ended(struct recovery *rec, const struct journal_doc *doc, bool undone);

/* Notes a failure; the first one is told in the end. */
void recovery_failed(struct recovery *rec, const struct err *e);

/* How it went; guest: whom it was about, or NULL.  Errors: XV_INCOMPLETE. */
int recovery_result(const struct recovery *rec, const char *guest, struct err *e);

#endif
