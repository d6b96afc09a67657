/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/this_machine.h"

#include <string.h>

int host_open(struct root **ret, struct err *e)
{
    return root_open(ret, NULL, e);
}

bool host_is_xen(const struct root *root)
{
    char capabilities[64];

    return root_is_host(root) &&
           root_readf(root, capabilities, sizeof(capabilities), "proc/xen/capabilities") > 0 &&
           strstr(capabilities, "control_d");
}
