/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writing and the reading of journals share. */
#ifndef XVTD_JOURNAL_FILE_H
#define XVTD_JOURNAL_FILE_H

#include "base/state_file.h"
#include "engine/journal.h"

#define JOURNAL_SUB "journal"
#define JOURNAL_DIR STATE_DIR "/" JOURNAL_SUB
#define JOURNAL_SCHEMA "xvtd-journal/2"
#define JOURNAL_SCHEMA_1 "xvtd-journal/1"   /* without a policy: read, and not written any more */
#define BOOT_CHARS 8    /* of the boot id, with which a journal's name begins */

struct journal {
    int folder, fd;             /* fd holds the flock */
    char name[80];
    const struct plan *plan;    /* whose steps are numbered */
};

extern const char *const journal_policies[]; /* their words, by enum journal_policy */

/* The kernel's boot id, or "". */
void journal_boot(const struct root *root, char buf[40]);

/*
 * Reads a journal's text, which is cut up; *whole is where its last whole line ends, set on
 * success.  Also for fuzzing.  Errors: as journal_open().
 */
int journal_read_text(const struct root *root, char *text, struct journal_doc *doc,
                      size_t *whole, struct err *e);

#endif
