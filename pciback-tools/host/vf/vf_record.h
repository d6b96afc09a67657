/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings that xvtd has made of a function, in the record "vf" (xen/record.h). */
#ifndef XVTD_VF_RECORD_H
#define XVTD_VF_RECORD_H

#include "vf/vf_settings.h"
#include "xen/record.h"

/* A record that does not parse is another program's: it counts as none.  Errors: XV_CANNOT. */
int vf_record_get(const struct records *records, struct bdf bdf, struct vf_settings *ret,
                  struct err *e);

/* No settings: removes it.  Errors: XV_FAILED, XV_CANNOT. */
int vf_record_set(const struct records *records, struct bdf bdf, const struct vf_settings *s,
                  struct err *e);

#endif
