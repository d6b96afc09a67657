/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cfg commands ask the host, from sysfs alone. */
#ifndef XVTD_CMD_CFG_HOST_H
#define XVTD_CMD_CFG_HOST_H

#include <stdbool.h>

#include "base/root.h"
#include "cfg/cfg_check.h"
#include "groups/groups.h"

/* True when root has PCI devices to be asked about. */
bool cfg_host_readable(const struct root *root);

/* The text of a function's identity, or NULL when there is none.  user: the struct root. */
char *cfg_host_identity(const struct root *root, struct bdf bdf);

/* What check_together() asks a host for; the groups are read when first needed. */
struct cfg_host {
    const struct root *root;
    bool groups_tried;
    struct inventory *inv;
    struct groups *groups;      /* NULL until then, and when they cannot be read */
};

/* *ret keeps host, and host keeps root; cfg_host_clear() when done. */
void cfg_host_init(struct cfg_host *host, struct check_host *ret, const struct root *root);
void cfg_host_clear(struct cfg_host *host);

#endif
