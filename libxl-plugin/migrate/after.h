/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where is a guest after `xl migrate`, or after a killed migration? Pure. */
#ifndef XVTD_AFTER_H
#define XVTD_AFTER_H

#include <stdbool.h>

#include "hv/hv.h"

enum after {
    AFTER_HERE,     /* it runs here as before: its devices belong here */
    AFTER_GONE,     /* it is no longer here */
    AFTER_UNSURE,   /* it is here, but xl still works on it: change nothing */
};

/*
 * uuid and name: the guest's before the migration.  *dom: the domain with the UUID, or NULL; it
 * points into domains.  why: for AFTER_UNSURE, the reason.
 *
 * A migration that fails in its last handshake leaves the guest renamed to NAME--migratedaway,
 * and perhaps a second one on the other host (xl_migrate.c, migrate_domain()).
 */
enum after after_migration(const struct hv_domain *domains, size_t n, const char *uuid,
                           const char *name, const struct hv_domain **dom, char why[256]);

/*
 * The line with xl's cause: its first error, else its last line; "" if there is none.  Control
 * characters are removed.
 */
void after_cause(const char *says, char *buf, size_t size);

#endif
