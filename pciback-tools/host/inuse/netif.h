/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network interfaces of a function before and after a change of driver: a driver that gets a
 * device back makes a new interface, which is down.
 */
#ifndef XVTD_NETIF_H
#define XVTD_NETIF_H

#include <stdbool.h>

#include "base/bdf.h"
#include "base/root.h"

/* True when an interface of the function is up (IFF_UP). */
bool netif_is_up(const struct root *root, struct bdf bdf);

/*
 * Brings the function's interfaces up, as part of an undo.  Fails silently: udev may rename or
 * configure them at the same time.  Does nothing on a captured machine.
 */
void netif_bring_up(const struct root *root, struct bdf bdf);

#endif
