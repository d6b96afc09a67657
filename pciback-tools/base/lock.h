/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks between these programs: flock(2) on files in /run/xvtd.  First one lock per host function,
 * then one per domain UUID (a reboot changes the domid), each set in ascending order; then one for
 * a file that several programs write.  The folder belongs to root, so no other user can open a
 * lock and block it.  A lock ends with its process; the files stay.
 *
 * The file holds the holder's PID and the longest time that it may take.
 */
#ifndef XVTD_BASE_LOCK_H
#define XVTD_BASE_LOCK_H

#include "base/bdf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/root.h"

/* The default of --lock-timeout, in seconds. */
#define LOCK_TIMEOUT_S 60

/* How this program waits, and what other programs learn about it. */
struct lock_policy {
    /*
     * The longest wait for a lock, in ms.  Negative: LOCK_TIMEOUT_S, or longer when the lock's
     * holder has announced more.
     */
    long long timeout_ms;
    const struct root *root;    /* this machine's, in a program that runs as root; else NULL */
    unsigned hold_ms;   /* announced: the longest time that locks are held; 0: not known */
    /*
     * Called before the wait for a lock that another process holds, and again with a NULL object
     * when the wait is over.  May be NULL.
     */
    void (*waits)(const char *object, const char *holder, void *user);
    void *user;
};

/* NULL restores the defaults: no callback, no limit announced, LOCK_TIMEOUT_S. */
void locks_policy(const struct lock_policy *policy);

/* Announces that from now on this program holds locks for hold_ms at most. */
void locks_announce(unsigned hold_ms);

/*
 * Takes the lock of a file that other programs hold for moments only.  0 or a negative errno:
 * -ETIMEDOUT, -EINTR.
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
 * be sorted or unique.  Call it once, before all other locks.  Errors: XV_FAILED, -EINTR when a
 * signal ended the wait; -ETIMEDOUT, kind "locked", with the holder in the message.
 */
int locks_take_functions(struct locks *locks, const struct bdf *bdfs, size_t n, struct err *e);

/* Takes the lock of one domain, by UUID.  For several, call in ascending order. */
int locks_take_domain(struct locks *locks, const char *uuid, struct err *e);

/*
 * Takes the lock of a file, which need not exist, by its folder (a descriptor) and its name there.
 * path: for messages.  Take no other lock after this one.
 */
int locks_take_file(struct locks *locks, int folder, const char *name, const char *path,
                    struct err *e);

/*
 * Locks a folder against other editors of its files; folder: open for reading.  When only root can
 * edit and the policy has a root, it is a lock like those above; close *ret.  Else *ret is NULL and
 * the lock is on the folder itself until that is closed: a user who can open the folder can hold it.
 */
int locks_take_folder(struct locks **ret, int folder, const char *path, struct err *e);

/* True when a lock had to be waited for: facts read before that may be out of date. */
bool locks_waited(const struct locks *locks);

/* Releases all locks.  Accepts NULL and returns NULL. */
struct locks *locks_close(struct locks *locks);

static inline void locks_close_p(struct locks **locks)
{
    *locks = locks_close(*locks);
}

#define AUTO_LOCKS CLEANUP(locks_close_p)

#endif
