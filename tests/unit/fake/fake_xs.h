/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A xenstore of a few nodes behind xs.h. */
#ifndef XVTD_FAKE_XS_H
#define XVTD_FAKE_XS_H

#include "xen/xs.h"

/* Forgets all nodes; value NULL removes one. */
void store_begin(void);
void store_set(const char *path, const char *value);

/* Every domain lives but this one; 0 for none. */
void store_dead(uint32_t domid);

/* A node's value until the next change, or NULL. */
const char *store_get(const char *path);

/* Call number n (1 is the next; 0 none) fails with errnum. */
void store_fail(unsigned n, int errnum);

/*
 * What happens while somebody waits, one after the other: each time that xs_watch_changed()
 * is called the next happens, and it tells of a change; with none left it tells of none.
 */
void store_scenes(void (*const *scenes)(void), size_t n);

/* True between xs_snapshot() and xs_snapshot_end(). */
int store_open(void);

#endif
