/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vf/vf_record.h"

#include "base/cleanup.h"

#define KEY "vf"

int vf_record_get(const struct records *records, struct bdf bdf, struct vf_settings *ret,
                  struct err *e)
{
    AUTO_FREE char *text = NULL;
    int r = record_get(records, bdf, KEY, &text, e);
    struct err ignored;

    if (r || !text || vf_settings_parse(text, ret, &ignored))
        *ret = (struct vf_settings){ .has = 0 };
    return r;
}

int vf_record_set(const struct records *records, struct bdf bdf, const struct vf_settings *s,
                  struct err *e)
{
    return record_set(records, bdf, KEY, s->has ? VF_SETTINGS_STR(s) : NULL, e);
}
