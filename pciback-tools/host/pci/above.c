/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/above.h"

#include <limits.h>
#include <string.h>

bool bdf_above(const struct root *root, struct bdf bdf, struct bdf *ret)
{
    char link[PATH_MAX], *last, *above;

    if (root_readlinkf(root, link, "sys/bus/pci/devices/%s", BDF_STR(bdf)) ||
        !(last = strrchr(link, '/')))
        return false;
    *last = '\0';
    above = strrchr(link, '/');
    return above && bdf_from_sysfs(above + 1, strlen(above + 1), ret);
}
