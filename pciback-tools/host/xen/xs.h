/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one user of xenstore.  Paths are absolute ("/libxl/pci").
 */
#ifndef XVTD_XS_H
#define XVTD_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct xs;

/* Errors: XV_CANNOT where no xenstored answers.  xs_close_handle(NULL) is fine. */
int xs_open_handle(struct xs **ret, struct err *e);
struct xs *xs_close_handle(struct xs *xs);

/* A node's value, to be freed; *ret is NULL where there is none.  path: printf. */
int xs_getf(struct xs *xs, char **ret, struct err *e, const char *path, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes a node, or removes it when value is NULL; removing what is not there is fine. */
int xs_setf(struct xs *xs, const char *value, struct err *e, const char *path, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * A folder's names: one block to be freed.  *n is 0 and *ret NULL where there is no
 * such folder.
 */
int xs_listf(struct xs *xs, char ***ret, size_t *n, struct err *e, const char *path, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * Is there a living domain of this number?  libxl leaves entries behind when it destroys a
 * guest that never answered.
 */
bool xs_domain_lives(struct xs *xs, uint32_t domid);

/*
 * Between these two, reads see one state of xenstore (a transaction that is thrown
 * away).  Writes are not for there.
 */
int xs_snapshot(struct xs *xs, struct err *e);
void xs_snapshot_end(struct xs *xs);

/*
 * From now on changes at the path and below are noted ("@releaseDomain": a domain has gone);
 * the first is noted at once, without a change.  Errors: XV_CANNOT.
 */
int xs_watch_path(struct xs *xs, const char *path, struct err *e);

/* Readable when a change may have been noted; it stays the handle's. */
int xs_watch_fd(struct xs *xs);

/*
 * Has something changed since the last call?  1 yes, 0 no; never waits.  Errors: XV_CANNOT, xenstored
 * has gone.
 */
int xs_watch_changed(struct xs *xs, struct err *e);

#endif
