/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where is a guest, after `xl migrate` or somebody who was killed?  Pure. */
#ifndef XVTD_AFTER_H
#define XVTD_AFTER_H

#include <stdbool.h>

#include "hv/hv.h"

enum after {
    AFTER_HERE,     /* it runs here as before: its devices belong here */
    AFTER_GONE,     /* it is not here any more */
    AFTER_UNSURE,   /* it is here, and xl has not let go of it: nobody must touch it */
};

/*
 * uuid and name: the guest's before the migration.  *dom: the domain that has the UUID, or NULL;
 * it points into domains.  why: for AFTER_UNSURE, what is the matter with it.
 *
 * A migration that fails in its last handshake leaves the guest renamed to NAME--migratedaway,
 * and perhaps a second one on the other host (xl_migrate.c, migrate_domain()).
 */
enum after after_migration(const struct hv_domain *domains, size_t n, const char *uuid,
                           const char *name, const struct hv_domain **dom, char why[256]);

/*
 * The line that tells why xl failed: its first error, else its last line; "" without any.
 * Control characters are taken out.
 */
void after_cause(const char *says, char *buf, size_t size);

#endif
