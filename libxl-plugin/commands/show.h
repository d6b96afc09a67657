/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that `show` prints about one function. */
#ifndef XVTD_SHOW_H
#define XVTD_SHOW_H

#include "commands/device_row.h"
#include "decide/decide.h"
#include "detail/function_detail.h"

struct show {
    struct inventory *inv;
    struct groups *groups;
    struct kdevs *kdevs;
    struct facts facts;             /* a group list of this function alone */
    struct device_row row;
    struct function_detail detail;
    struct bdf *bus_peers;          /* detail_bus_reset() */
    size_t n_bus_peers;
    struct bdf *vfs;                /* detail_vfs() */
    size_t n_vfs;
    struct verdict verdict;
};

/* One key of "device" in the open object for each field. */
void show_json(struct json *json, const struct show *s);

/* Prints "label  value" lines in the order of the fields, without empty ones. */
void show_text(const struct show *s);

#endif
