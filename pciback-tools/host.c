/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

int host_open(struct root **ret, struct err *e)
{
    return root_open(ret, NULL, e);
}
