/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan and the progress of one change, in a file of its own in /var/lib/xvtd/journal, so that
 * `xvtd recover` can end the work of a process that died.
 *
 * A journal is lines of JSON.  The first line has everything: the command, the devices, the
 * steps.  It is on disk, folder included, before the first change, and the file appears under its
 * name when that line is complete.  A line before each step and one after it follow.  These are
 * written but not synced: they must outlive the process only.  After a reboot of the host the
 * journal is void, since no change in it is left.  A last line that is cut does not count.  The
 * writer holds a flock on the file as long as it lives.
 *
 * The file is removed when the command ends with nothing left over; else it stays for `recover`.
 */
#ifndef XVTD_JOURNAL_H
#define XVTD_JOURNAL_H

#include "base/root.h"
#include "engine/plan.h"
#include "engine/remember.h"

/* One domain of a change, which is found again by UUID. */
struct journal_domain {
    char uuid[40];              /* "" for no domain */
    char name[128];
    uint32_t domid;
};

/* How `recover` ends an interrupted change. */
enum journal_policy {
    POLICY_UNDO,
    POLICY_FINISH,          /* or undo, if a guest that should get devices is gone */
    POLICY_ONCE_LET_GO,     /* finish if the first guest has released the devices, else undo */
    POLICY_BY_GUEST,        /* depends on where the guest is (migrate) */
};

struct journal_doc {
    char command[32];           /* "assignable add", for messages */
    enum journal_policy policy;
    struct journal_domain dom, other;   /* other: FROM of `switch` */
    char manifest[PATH_MAX];    /* of eject and restore, or "" */
    char host[256];             /* the host of `migrate`, or "" */
    unsigned timeout_ms;
    bool force;
    struct remembered *devices;
    size_t n_devices;
    struct plan plan;           /* with the steps' statuses, and `open` */
    bool undoing;               /* a rollback had begun */
    char unknown[32];           /* the first step unknown to this program, or "" */
};

void journal_doc_clear(struct journal_doc *doc);
const struct remembered *journal_device(const struct journal_doc *doc, struct bdf bdf);

/* A journal that is being written. */
struct journal;

/*
 * Begins the journal of a plan of which nothing is done yet.  The plan must stay valid; doc has
 * the rest.  Errors: XV_CANNOT.
 */
int journal_begin(struct journal **ret, const struct root *root, const struct journal_doc *doc,
                  const struct plan *plan, struct err *e);

enum journal_mark { JOURNAL_BEGIN, JOURNAL_DONE, JOURNAL_UNDONE };

/*
 * Writes the progress of n steps of the plan in one write, and sets their `open`.  NULL is no
 * journal.  Before a change the line must be written: errors XV_CANNOT.
 */
int journal_steps(struct journal *j, enum journal_mark mark, struct step *const *steps, size_t n,
                  struct err *e);

/* Its descriptor: while a process has inherited it, no other process can take the journal over. */
int journal_fd(const struct journal *j);

/* From now on the journal's steps are this plan's, which has as many. */
void journal_follow(struct journal *j, const struct plan *plan);

/* Writes that a rollback begins. */
void journal_undoing(struct journal *j);

/* Ends the writing, and removes the file unless it must stay for `recover`. */
void journal_end(struct journal *j, bool leave);

/* Names of journals that no process is writing, newest first; the caller frees *ret, one block. */
int journal_list(const struct root *root, char ***ret, size_t *n, struct err *e);

/*
 * Reads a journal and takes it over, as if this process had begun it.  *j: to go on writing,
 * about doc->plan.  wait: wait for a process that reads it now; only with the functions' locks
 * held, since then no process writes it.  Errors: XV_NOT_FOUND if it is gone or another process
 * has it, XV_REFUSED with the reason (damaged, other version, other machine, writable by others);
 * -ESTALE if it is void, from before the last boot.
 */
int journal_open(struct journal **j, struct journal_doc *doc, const struct root *root,
                 const char *name, bool wait, struct err *e);

/*
 * Counts the journals left from this boot, readable or not; only by name, so that nothing
 * changes.
 */
size_t journal_count(const struct root *root);

/* Is there one of this boot and machine, so that "`xvtd recover`" is worth a note? */
bool journal_left(const struct root *root);

/*
 * After a success: marks these functions as settled in other left-over journals, and removes
 * journals with nothing else in them.
 */
void journal_settle(const struct root *root, const struct bdf *bdfs, size_t n);

#endif
