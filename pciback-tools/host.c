/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

int host_open(struct root **ret, struct err *e)
{
    return root_open(ret, NULL, e);
}

bool host_is_xen(const struct root *root)
{
    return root_is_host(root) && root_existsf(root, "proc/xen/capabilities");
}
