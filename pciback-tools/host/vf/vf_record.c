/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vf/vf_record.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define KEY "vf"
#define HOST "host"
#define BEFORE "before"

bool vf_record_parse(const char *text, struct vf_record *ret)
{
    struct vf_record record = { .want = { .has = 0 } };
    struct vf_settings *to = &record.want;
    char copy[VF_RECORD_TEXT_MAX], *save = NULL;
    struct err ignored;

    if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
        return false;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (!strcmp(word, HOST))
            to = &record.host;
        else if (!strcmp(word, BEFORE))
            to = &record.before;
        else if (to == &record.before ? vf_settings_add_former(to, word, &ignored)
                                      : vf_settings_add(to, word, &ignored))
            return false;
    }
    *ret = record;
    return true;
}

void vf_record_format(const struct vf_record *record, char buf[VF_RECORD_TEXT_MAX])
{
    const struct vf_settings *host = &record->host, *before = &record->before;

    snprintf(buf, VF_RECORD_TEXT_MAX, "%s%s%s%s%s", VF_SETTINGS_STR(&record->want),
             host->has ? " " HOST " " : "", VF_SETTINGS_STR(host),
             before->has ? " " BEFORE " " : "", VF_SETTINGS_STR(before));
}

int vf_record_get(const struct records *records, struct bdf bdf, struct vf_record *ret,
                  struct err *e)
{
    AUTO_FREE char *text = NULL;
    int r = record_get(records, bdf, KEY, &text, e);

    if (r || !text || !vf_record_parse(text, ret))
        *ret = (struct vf_record){ .want = { .has = 0 } };
    return r;
}

int vf_record_set(const struct records *records, struct bdf bdf, const struct vf_record *record,
                  struct err *e)
{
    char text[VF_RECORD_TEXT_MAX];

    vf_record_format(record, text);
    return record_set(records, bdf, KEY, record->want.has ? text : NULL, e);
}
