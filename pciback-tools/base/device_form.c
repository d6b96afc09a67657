/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/device_form.h"

#include <string.h>

bool device_name_valid(const char *name)
{
    size_t n = strlen(name);

    return *name >= 'a' && *name <= 'z' && n < DEVICE_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n &&
           strspn(name, "0123456789abcdef") != n;
}

enum device_form device_form(const char *operand)
{
    if (strchr(operand, ':'))
        return DEVICE_BDF;
    return device_name_valid(operand) ? DEVICE_NAME : DEVICE_OTHER;
}
