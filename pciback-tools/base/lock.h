/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps two of these programs apart: flock(2) on files in /run/xvtd, one
 * per host function, then one per domain UUID (a reboot changes the domid), each
 * set sorted.  The lock dies with the process; the files stay.
 */
#ifndef XVTD_BASE_LOCK_H
#define XVTD_BASE_LOCK_H

#include "base/bdf.h"
#include "base/cleanup.h"
#include "base/err.h"

struct locks;

/* Called once when a lock is held by somebody else, before waiting for it. */
typedef void lock_wait_fn(const char *object, void *user);

/*
 * Starts with no lock held.  dir: the folder, made 0700 when missing ("/run/xvtd").
 * Errors: XV_CANNOT (no permission).
 */
int locks_open(struct locks **ret, const char *dir, lock_wait_fn *wait, void *user,
               struct err *e);

/*
 * Takes the functions' locks in ascending order, waiting for each.  bdfs need not
 * be sorted or unique.  To be called once, before locks_take_domain().  Errors:
 * XV_FAILED, -EINTR when a signal ended the wait.
 */
int locks_take_functions(struct locks *locks, const struct bdf *bdfs, size_t n, struct err *e);

/* Takes the lock of one domain, by UUID.  For several, call in ascending order. */
int locks_take_domain(struct locks *locks, const char *uuid, struct err *e);

/* Gives everything back.  Accepts NULL and returns NULL. */
struct locks *locks_close(struct locks *locks);

static inline void locks_close_p(struct locks **locks)
{
    *locks = locks_close(*locks);
}

#endif
