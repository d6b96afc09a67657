/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drivers of physical functions behind vf_link.h: what each virtual function has. */
#ifndef XVTD_FAKE_VF_H
#define XVTD_FAKE_VF_H

#include "vf/vf_settings.h"

/* Each has no MAC address, no VLAN, no trust, the check of spoofing, no limit. */
void vf_begin(void);

/* The settings that the drivers have; others cannot be read or set. */
extern unsigned vf_supported;

/* Settings that the drivers say they set, and do not. */
extern unsigned vf_deaf;

/* How many settings were made since vf_begin(). */
extern unsigned vf_sets;

/* The settings of a PF's function as words; the caller does not free them. */
const char *vf_words(const char *pf, unsigned index);

/* Changes them behind the program's back, as a reset of the PF does. */
void vf_change(const char *pf, unsigned index, const char *words);

#endif
