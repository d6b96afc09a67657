/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a change of devices is about to do and how far it has come, in a file of its own in
 * /var/lib/xvtd/journal, so that `xvtd recover` can end what a process that died has begun.
 *
 * A journal is lines of JSON.  The first one tells everything: whose, which devices, which
 * steps; it is on disk, folder included, before the first change, and appears under its
 * name whole.  After it comes a line before each step and one after it.  Those are written
 * but not synced: what they have to outlive is the process, and after a reboot of the host
 * the journal is void, since no change that it tells of is left.  A last line that is cut is
 * as if it were not there.  The writer holds a flock on the file as long as it lives.
 *
 * It goes when the command ends with nothing left over; else it stays for `recover`.
 */
#ifndef XVTD_JOURNAL_H
#define XVTD_JOURNAL_H

#include "base/root.h"
#include "engine/plan.h"
#include "engine/remember.h"

/* One domain of a change, as it is found again: by UUID. */
struct journal_domain {
    char uuid[40];              /* "" for none */
    char name[128];
    uint32_t domid;
};

/* How `recover` ends what was interrupted. */
enum journal_policy {
    POLICY_UNDO,
    POLICY_FINISH,          /* or undo, where a guest that was to get devices is gone */
    POLICY_ONCE_LET_GO,     /* finish once the guest that had the devices has let go, else undo */
    POLICY_BY_GUEST,        /* by where the guest is found (migrate) */
};

struct journal_doc {
    char command[32];           /* "assignable add", for people */
    enum journal_policy policy;
    struct journal_domain dom, other;   /* other: where `switch` takes them from */
    char manifest[PATH_MAX];    /* of eject and restore, or "" */
    char host[256];             /* where `migrate` goes, or "" */
    unsigned timeout_ms;
    bool force;
    struct remembered *devices;
    size_t n_devices;
    struct plan plan;           /* with the steps' statuses, and `open` */
    bool undoing;               /* it had begun to put everything back */
    char unknown[32];           /* the first step that this program does not know, or "" */
};

void journal_doc_clear(struct journal_doc *doc);
const struct remembered *journal_device(const struct journal_doc *doc, struct bdf bdf);

/* A journal that is being written. */
struct journal;

/*
 * Begins one for a plan of which nothing is done yet, and which lives as long; doc tells all
 * else.  Errors: XV_CANNOT.
 */
int journal_begin(struct journal **ret, const struct root *root, const struct journal_doc *doc,
                  const struct plan *plan, struct err *e);

enum journal_mark { JOURNAL_BEGIN, JOURNAL_DONE, JOURNAL_UNDONE };

/*
 * Notes what happens with steps of the plan, and in their `open`; n of them in one write.
 * NULL is no journal.  Before a change the line must be there: errors XV_CANNOT.
 */
int journal_steps(struct journal *j, enum journal_mark mark, struct step *const *steps, size_t n,
                  struct err *e);

/* Its descriptor: a process that inherits it keeps the journal from being anybody else's. */
int journal_fd(const struct journal *j);

/* From now on its steps are this plan's, which has as many. */
void journal_follow(struct journal *j, const struct plan *plan);

/* Notes that from now on everything is put back. */
void journal_undoing(struct journal *j);

/* Ends the writing, and removes the file unless it is to be left for `recover`. */
void journal_end(struct journal *j, bool leave);

/* Names of journals that nobody is writing, newest first; *ret is one block to be freed. */
int journal_list(const struct root *root, char ***ret, size_t *n, struct err *e);

/*
 * Reads one and takes it over, as if this process had begun it.  *j: to go on writing, of
 * doc->plan.  wait: for somebody who reads it at this moment; only with the functions'
 * locks held, since then nobody writes it.  Errors: XV_NOT_FOUND where it has gone or somebody
 * has it, XV_REFUSED with the reason (damaged, of another version, of another machine,
 * writable by others); -ESTALE for one from before the last boot, which is void.
 */
int journal_open(struct journal **j, struct journal_doc *doc, const struct root *root,
                 const char *name, bool wait, struct err *e);

/*
 * How many are left over from this boot, readable or not; told by their names, so that nothing
 * is changed.
 */
size_t journal_count(const struct root *root);

/* True where there is one of this boot and machine: "`xvtd recover`" is worth a mention. */
bool journal_left(const struct root *root);

/*
 * After a success: what other left-over journals tell of these functions is settled;
 * those with nothing else to tell go.
 */
void journal_settle(const struct root *root, const struct bdf *bdfs, size_t n);

#endif
