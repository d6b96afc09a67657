/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would dom0 miss this function?  What lives on it, from the function up: disks of
 * running guests, mounts, swap, addresses, bridges, the console, the only keyboard, ...
 *
 * Each kind of use has a file of its own (inuse_*.c).  What is idle is free: a disk that
 * nobody has mounted or opened, an interface without addresses, a USB controller with
 * nothing that matters behind it.
 */
#ifndef XVTD_INUSE_H
#define XVTD_INUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"
#include "inuse/holders.h"
#include "pci/kdev.h"

struct inuse;

/*
 * For any number of functions: what concerns the whole machine is read once, and only
 * when the first function asks that it matters for.  root has to live as long.
 * Errors: XV_CANNOT.
 */
int inuse_open(struct inuse **ret, const struct root *root, struct err *e);
struct inuse *inuse_close(struct inuse *u);

static inline void inuse_close_p(struct inuse **u)
{
    *u = inuse_close(*u);
}

/*
 * Everything in dom0, and of its guests' through dom0, that uses the function.  *ret is
 * to be freed; *n is 0 when dom0 would not miss it.  Errors: XV_NOT_FOUND; XV_CANNOT,
 * when something that decides cannot be read: then nobody knows, and it is not free.
 *
 * On a captured machine: from sys (class, bus/pci, bus/usb, fs/btrfs, dev) and proc
 * (1/mountinfo, swaps, net/route, net/ipv6_route, net/if_inet6, net/fib_trie,
 * spl/kstat/zfs), run/udev/data for members of zfs pools.  What only the running system
 * can tell is left out there: disks and interfaces of guests (xenstore), a disk that
 * somebody has opened exclusively, the ssh connection.
 */
int inuse_of(struct inuse *u, struct bdf bdf, struct holder **ret, size_t *n, struct err *e);

/* What the kernel has made of the functions; lives as long as u. */
const struct kdevs *inuse_kdevs(const struct inuse *u);

#endif
