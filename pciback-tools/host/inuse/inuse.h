/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether dom0 uses a function, and what for: disks of running guests, mounts, swap, addresses,
 * bridges, the console, the only keyboard, ...
 *
 * Each kind of use has a file of its own (inuse_*.c).  An idle device is free: a disk that is
 * neither mounted nor opened, an interface without addresses, a USB controller without devices that
 * count.
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
 * For any number of functions.  Facts about the whole machine are read once, when the first
 * function requires them.  root must live as long.  Errors: XV_CANNOT.
 */
int inuse_open(struct inuse **ret, const struct root *root, struct err *e);
struct inuse *inuse_close(struct inuse *u);

static inline void inuse_close_p(struct inuse **u)
{
    *u = inuse_close(*u);
}

/*
 * All uses of the function by dom0, and by guests through dom0.  The caller frees *ret; *n is 0
 * when the function is free.  Errors: XV_NOT_FOUND; XV_CANNOT when a required fact cannot be read:
 * then the function does not count as free.
 *
 * On a captured machine the facts come from sys (class, bus/pci, bus/usb, fs/btrfs, dev), proc
 * (1/mountinfo, swaps, net/route, net/ipv6_route, net/if_inet6, net/fib_trie, spl/kstat/zfs), and
 * run/udev/data for members of zfs pools.  Facts of a running system are left out there: disks and
 * interfaces of guests (xenstore), a disk that a program has opened exclusively, the ssh
 * connection.
 */
int inuse_of(struct inuse *u, struct bdf bdf, struct holder **ret, size_t *n, struct err *e);

/* The word of a holder whose chain is a virtual function of the function, and its guest. */
#define HOLDER_VF "virtual function"

/*
 * Of these uses only guests that have virtual functions of the function: all that there can be when
 * no native driver has it.  Arguments and errors as above.
 */
int inuse_vf_guests(struct inuse *u, struct bdf bdf, struct holder **ret, size_t *n,
                    struct err *e);

/* The kernel's devices of all functions; live as long as u. */
const struct kdevs *inuse_kdevs(const struct inuse *u);

#endif
