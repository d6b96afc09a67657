/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings of virtual functions in the kernel (rtnetlink(7), IFLA_VFINFO_LIST).  The only user
 * of libmnl.  Both functions need the running host's network namespace.
 */
#ifndef XVTD_VF_LINK_H
#define XVTD_VF_LINK_H

#include "vf/vf_place.h"
#include "vf/vf_settings.h"

/*
 * Reads all settings that the PF's driver has.  A setting that it does not have is not in ret->has;
 * mac, vlan and rate are always there.  Errors: XV_REFUSED if the driver tells none.
 */
int vf_link_read(const struct vf_place *place, struct vf_settings *ret, struct err *e);

/*
 * Asks the PF's driver for each of these settings, one by one.  Here a MAC address of zeros is
 * valid: it takes the address away.  Does not check the result.  Errors: XV_FAILED, with the
 * setting.
 */
int vf_link_set(const struct vf_place *place, const struct vf_settings *s, struct err *e);

#endif
