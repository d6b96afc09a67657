/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends all interrupted changes, one after the other: the common part of every `recover`. */
#ifndef XVTD_RECOVERY_H
#define XVTD_RECOVERY_H

#include "base/program.h"
#include "engine/journal.h"

struct recovery {
    struct xvtd *x;
    /* Ends one journal, which was taken over; calls journal_end(). */
    int (*one)(struct recovery *rec, const char *name, struct journal_doc *doc,
               struct journal *journal, struct err *e);
    void *user;
    size_t ended;       /* how many were ended */
    bool failed;
    struct err first;   /* the first error */
};

/* Handles each journal, the newest first; notes failures.  Errors: the list cannot be read. */
int recovery_journals(struct recovery *rec, struct err *e);

/*
 * Opens the journal again for its end, with the locks of everything in it held.  *journal is NULL
 * if another process was faster.
 */
int recovery_reopen(const struct recovery *rec, const char *name, struct journal_doc *doc,
                    struct journal **journal, struct err *e);

/* Counts the end of a journal, and prints it. */
void recovery_ended(struct recovery *rec, const struct journal_doc *doc, bool undone);

/* Notes a failure; recovery_result() returns the first one. */
void recovery_failed(struct recovery *rec, const struct err *e);

/* The result; guest: the operand, or NULL.  Errors: XV_INCOMPLETE. */
int recovery_result(const struct recovery *rec, const char *guest, struct err *e);

#endif
