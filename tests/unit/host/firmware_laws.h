/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Laws that firmware.h keeps on any bytes; for the unit test and for the fuzzer. */
#ifndef XVTD_FIRMWARE_LAWS_H
#define XVTD_FIRMWARE_LAWS_H

#include "groups/firmware.h"

/*
 * 01:00.0 is below the root port 00:1c.0, 02:00.0 and 02:01.0 are below 01:00.0, and 03:00.0 is
 * below 02:00.0.  The others are on the root bus.  In the second host 01:00.0 and 03:00.0 are
 * each other's parent.
 */
#define LAWS_FNS 9
extern const struct topology_fn laws_host[LAWS_FNS];
extern const struct topology_fn laws_loop[LAWS_FNS];

/* Parses the bytes as both tables, on both hosts, and aborts if a law is broken. */
void firmware_laws(const uint8_t *bytes, size_t len);

#endif
