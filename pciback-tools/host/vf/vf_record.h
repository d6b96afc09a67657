/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings that xvtd has made of a function, in the record "vf" (xen/record.h):
 *
 *   mac=52:54:00:12:34:56 vlan=7 host vlan=3 before mac=00:00:00:00:00:00 vlan=0
 */
#ifndef XVTD_VF_RECORD_H
#define XVTD_VF_RECORD_H

#include "vf/vf_settings.h"
#include "xen/record.h"

struct vf_record {
    struct vf_settings want;    /* made; a command makes them again where they differ */
    struct vf_settings host;    /* made for no guest, so that they outlive a detach */
    struct vf_settings before;  /* the driver's former values, as far as they are known */
};

#define VF_RECORD_TEXT_MAX (3 * VF_SETTINGS_TEXT_MAX + 16)

/* False for text of another form. */
bool vf_record_parse(const char *text, struct vf_record *ret);

/* "" for no settings. */
void vf_record_format(const struct vf_record *record, char buf[VF_RECORD_TEXT_MAX]);

/* A record that does not parse is another program's: it counts as none.  Errors: XV_CANNOT. */
int vf_record_get(const struct records *records, struct bdf bdf, struct vf_record *ret,
                  struct err *e);

/* No settings: removes it.  Errors: XV_FAILED, XV_CANNOT. */
int vf_record_set(const struct records *records, struct bdf bdf, const struct vf_record *record,
                  struct err *e);

#endif
