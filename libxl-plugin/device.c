/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device.h"

#include <errno.h>
#include <string.h>

bool device_name_valid(const char *name)
{
    size_t n = strlen(name);

    return *name >= 'a' && *name <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n &&
           strspn(name, "0123456789abcdef") != n;
}

int device_parse(struct hv *hv, const char *operand, struct bdf_pattern *ret, struct err *e)
{
    int r;

    if (!device_name_valid(operand))
        return bdf_parse_pattern(operand, ret, e);
    *ret = (struct bdf_pattern){ .all = false };
    r = hv_record_by_name(hv, operand, &ret->bdf, e);
    if (r == -ENOENT)
        err_hint(e, "a device is named by its PCI address (02:00.0, see `xvtd list`), or by a "
                    "name given with `xl pci-assignable-add -n`");
    return r;
}
