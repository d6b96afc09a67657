/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps two of these programs apart: flock(2) on files in /run/xvtd, one per host
 * function, then one per domain UUID (a reboot changes the domid), each set sorted; then one
 * for a file that several write.  The folder is root's alone: nobody else can open a lock, and
 * so nobody else can hold one.  The lock dies with the process; the files stay.
 *
 * Its holder's PID and how long it may take are in the file.
 */
#ifndef XVTD_BASE_LOCK_H
#define XVTD_BASE_LOCK_H

#include "base/bdf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/root.h"

/* How long a lock is waited for unless somebody says otherwise. */
#define LOCK_TIMEOUT_S 60

/* How this program waits, and what it lets others know about itself. */
struct lock_policy {
    /*
     * The longest wait for a lock; negative: LOCK_TIMEOUT_S, or as much longer as the lock's
     * holder has announced.
     */
    long long timeout_ms;
    const struct root *root;    /* of this machine, in a program that runs as root; else NULL */
    unsigned hold_ms;   /* announced: how long locks are held at most; 0: not known */
    /*
     * Called once when a lock is held by another process, before waiting for it, and with a
     * NULL object when the wait is over; or NULL.
     */
    void (*waits)(const char *object, const char *holder, void *user);
    void *user;
};

/* NULL: as in the beginning: no callback, no limit announced, the usual timeout. */
void locks_policy(const struct lock_policy *policy);

/* From now on locks are held for so long at most. */
void locks_announce(unsigned hold_ms);

/*
 * Waits for the lock of a file that somebody has for a moment, and takes it.  0 or a negative
 * errno: -ETIMEDOUT, -EINTR.
 */
int lock_wait(int fd);

struct locks;

/*
 * Starts with no lock held.  The folder, run/xvtd below root, is made 0700 when missing.
 * Errors: XV_CANNOT (no permission).
 */
int locks_open(struct locks **ret, const struct root *root, struct err *e);

/*
 * Takes the functions' locks in ascending order, waiting for each.  bdfs need not
 * be sorted or unique.  To be called once, before all others.  Errors: XV_FAILED, -EINTR when
 * a signal ended the wait, -ETIMEDOUT, kind "locked", with who has it.
 */
int locks_take_functions(struct locks *locks, const struct bdf *bdfs, size_t n, struct err *e);

/* Takes the lock of one domain, by UUID.  For several, call in ascending order. */
int locks_take_domain(struct locks *locks, const char *uuid, struct err *e);

/*
 * Takes the lock of a file, there or not, by its folder (a descriptor) and its name in it.
 * path: for messages.  The last lock of all: nothing is taken after it.
 */
int locks_take_file(struct locks *locks, int folder, const char *name, const char *path,
                    struct err *e);

/*
 * Keeps editors of a folder's files apart; folder: open for reading.  Where nobody but root can
 * edit, and with a root in the policy, it is a lock as those above, and *ret is to be closed.
 * Elsewhere *ret is NULL, and the lock is on the folder itself until that is closed: whoever can
 * open the folder can hold it.
 */
int locks_take_folder(struct locks **ret, int folder, const char *path, struct err *e);

/* True when one of them had to be waited for: what was known before is old. */
bool locks_waited(const struct locks *locks);

/* Gives everything back.  Accepts NULL and returns NULL. */
struct locks *locks_close(struct locks *locks);

static inline void locks_close_p(struct locks **locks)
{
    *locks = locks_close(*locks);
}

#define AUTO_LOCKS CLEANUP(locks_close_p)

#endif
