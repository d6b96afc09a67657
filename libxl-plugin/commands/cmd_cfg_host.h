/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cfg commands read from the host, only in sysfs. */
#ifndef XVTD_CMD_CFG_HOST_H
#define XVTD_CMD_CFG_HOST_H

#include <stdbool.h>

#include "base/root.h"
#include "cfg/cfg_check.h"
#include "groups/groups.h"

/* Does root have PCI devices? */
bool cfg_host_readable(const struct root *root);

/* The text of a function's identity, NULL if it has none.  user: the struct root. */
char *cfg_host_identity(const struct root *root, struct bdf bdf);

/* The user data of check_together(); the groups are read at the first use. */
struct cfg_host {
    const struct root *root;
    bool groups_tried;
    struct inventory *inv;
    struct groups *groups;      /* NULL until then, and when they cannot be read */
};

/* ret keeps host, and host keeps root.  Call cfg_host_clear() at the end. */
void cfg_host_init(struct cfg_host *host, struct check_host *ret, const struct root *root);
void cfg_host_clear(struct cfg_host *host);

#endif
