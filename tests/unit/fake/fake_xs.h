/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A xenstore of a few nodes behind xs.h. */
#ifndef XVTD_FAKE_XS_H
#define XVTD_FAKE_XS_H

#include "xen/xs.h"

/* store_begin() removes all nodes; value NULL removes one. */
void store_begin(void);
void store_set(const char *path, const char *value);

/* All domains exist except this one; 0 for none. */
void store_dead(uint32_t domid);

/* A node's value until the next change, or NULL. */
const char *store_get(const char *path);

/* Call number n (1 is the next; 0 none) fails with errnum. */
void store_fail(unsigned n, int errnum);

/*
 * Changes that happen during waits.  Each call of xs_watch_changed() makes the next one and
 * reports a change; when none is left it reports none.
 */
void store_scenes(void (*const *scenes)(void), size_t n);

/* True between xs_snapshot() and xs_snapshot_end(). */
int store_open(void);

#endif
