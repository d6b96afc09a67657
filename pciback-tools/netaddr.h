/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces of dom0 have addresses. */
#ifndef XVTD_NETADDR_H
#define XVTD_NETADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "root.h"

/*
 * An address of the interface as text, other than an IPv6 link-local one; false when
 * it has none.  On a captured machine it is read from proc/net (if_inet6, and route
 * for IPv4, whose addresses no file has).
 */
bool netaddr_first(const struct root *root, const char *ifname, char *buf, size_t size);

#endif
