/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Xen's quarantine and the files of VFIO groups, behind quarantine.h and vfio.h. */
#ifndef XVTD_FAKE_EDGES_H
#define XVTD_FAKE_EDGES_H

#include <stdbool.h>

#include "base/bdf.h"

/* No device is in quarantine, root owns /dev/vfio/N, and no program has one open. */
void edges_begin(void);

/* Is there a hypervisor? Without one every call fails. */
void edges_set_xen(bool there);
void edges_quarantine(const char *bdf, bool on);
bool edges_quarantined(const char *bdf);

/* A program has this group open, or -1. */
void edges_open_group(int group);

/* Call number n from now on (1 is the next; 0 none) fails with errnum. */
void edges_fail(unsigned n, int errnum, bool onwards);
unsigned edges_calls(void);

/* "quarantine 0000:02:00.0\n" and "group 7 user 1000\n"; the caller frees it. */
char *edges_snapshot(void);

#endif
