/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and routes of dom0's network interfaces. */
#ifndef XVTD_NETADDR_H
#define XVTD_NETADDR_H

#include <net/if.h>
#include <stddef.h>

#include "base/err.h"
#include "base/root.h"

enum netaddr_kind { NETADDR_ADDRESS, NETADDR_ROUTE, NETADDR_DEFAULT };

struct netaddr {
    enum netaddr_kind kind;
    char ifname[IFNAMSIZ];
    char text[64];          /* "192.0.2.1", "route to 10.0.0.0/8", "default route" */
};

/*
 * All addresses and routes, without those of every interface that is up: link-local ones (RFC 3927,
 * RFC 4291) and multicast.  The caller frees *ret.  Routes are those of IPv4's main table
 * (proc/net/route) and of IPv6.  On a captured machine the addresses come from proc/net/if_inet6
 * and, for IPv4, proc/net/fib_trie; the interface of an IPv4 address is the one with a route to it.
 * Errors: XV_CANNOT.
 */
int netaddr_list(const struct root *root, struct netaddr **ret, size_t *n, struct err *e);

/*
 * The interface through which this machine reaches an address (IPv4 or IPv6, as text).
 * Returns 0 or a negative errno.
 */
int netaddr_route_to(const char *address, char ifname[IFNAMSIZ]);

#endif
