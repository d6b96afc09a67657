/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks the settings beside the pci list that decide whether a guest can have devices.  The rules
 * are those of Xen 4.17 to 4.22: parse_config_data() in tools/xl/xl_parse.c,
 * libxl__domain_config_setdefault() in tools/libs/light/libxl_create.c,
 * libxl__arch_passthrough_mode_setdefault() in libxl_x86.c, and
 * libxl__detect_gfx_passthru_kind() in libxl_dm.c.  Pure functions.
 */
#ifndef XVTD_CFG_SETTINGS_H
#define XVTD_CFG_SETTINGS_H

#include "cfg/doc.h"
#include "cfg/spec.h"

enum cfg_type { CFG_TYPE_PV, CFG_TYPE_HVM, CFG_TYPE_PVH, CFG_TYPE_REFUSED };

enum cfg_type cfg_type(const struct doc *doc);

/*
 * True for Intel's integrated GPU, 0000:00:02.0, in the slot that QEMU 8 and later keep for it
 * in a guest with gfx_passthru.
 */
bool cfg_keeps_igd_slot(const struct doc *doc, const struct spec *spec);

/*
 * Notes settings that xl or libxl refuse for a guest with these n devices, that they ignore, and
 * that the guest lacks.  Returns 0 or -ENOMEM.
 */
int settings_check(const struct doc *doc, const struct spec *specs, size_t n,
                   struct notes *notes);

#endif
