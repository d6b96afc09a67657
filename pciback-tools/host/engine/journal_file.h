/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by writing and reading of journals. */
#ifndef XVTD_JOURNAL_FILE_H
#define XVTD_JOURNAL_FILE_H

#include "base/format.h"
#include "base/state_file.h"
#include "engine/journal.h"

#define JOURNAL_SUB "journal"
#define JOURNAL_DIR STATE_DIR "/" JOURNAL_SUB
#define BOOT_CHARS 8    /* characters of the boot ID, with which a journal's name begins */

struct journal {
    int folder, fd;             /* fd holds the flock */
    char name[80];
    const struct plan *plan;    /* the plan of the step numbers */
};

extern const struct format journal_format;   /* version 1 has no policy */

extern const char *const journal_policies[]; /* their words, by enum journal_policy */

/* The kernel's boot ID, or "". */
void journal_boot(const struct root *root, char buf[40]);

/*
 * Reads a journal's text, and cuts it up; *whole is the end of its last whole line, set on
 * success.  Also for fuzzing.  Errors: as journal_open().
 */
int journal_read_text(const struct root *root, char *text, struct journal_doc *doc,
                      size_t *whole, struct err *e);

#endif
