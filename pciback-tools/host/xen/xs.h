/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only user of xenstore.  Paths are absolute ("/libxl/pci").
 */
#ifndef XVTD_XS_H
#define XVTD_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct xs;

/* Errors: XV_CANNOT when xenstored does not answer. */
int xs_open_handle(struct xs **ret, struct err *e);
struct xs *xs_close_handle(struct xs *xs);

/* Reads a node, freed by the caller; *ret is NULL without one.  path: a printf format. */
int xs_getf(struct xs *xs, char **ret, struct err *e, const char *path, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes a node; a NULL value removes it.  Removing a missing node is no error. */
int xs_setf(struct xs *xs, const char *value, struct err *e, const char *path, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Lists a folder's names in one block that the caller frees.  Without the folder *n is 0 and *ret
 * NULL.
 */
int xs_listf(struct xs *xs, char ***ret, size_t *n, struct err *e, const char *path, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * True when a living domain has this number.  libxl leaves entries behind when it destroys a guest
 * that never answered.
 */
bool xs_domain_lives(struct xs *xs, uint32_t domid);

/*
 * Between these two calls all reads see one state of xenstore (a transaction that is then dropped).
 * Do not write there.
 */
int xs_snapshot(struct xs *xs, struct err *e);
void xs_snapshot_end(struct xs *xs);

/*
 * Watches the path and below it from now on ("@releaseDomain": the end of a domain).  xenstored
 * reports each watch once at the start, without a change.  Errors: XV_CANNOT.
 */
int xs_watch_path(struct xs *xs, const char *path, struct err *e);

/* Readable when a change may have happened.  The handle owns it. */
int xs_watch_fd(struct xs *xs);

/*
 * Returns 1 when something has changed since the last call, else 0; never waits.  Errors: XV_CANNOT
 * when xenstored has gone.
 */
int xs_watch_changed(struct xs *xs, struct err *e);

#endif
