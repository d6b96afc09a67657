/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's devices of the host's functions: network interfaces, block devices, NVMe
 * controllers, DRM cards, USB buses, ...  Read once from /sys/class for the whole machine.
 */
#ifndef XVTD_KDEV_H
#define XVTD_KDEV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/root.h"

/* In the order in which kdevs_used_as() names them. */
enum kdev_kind {
    KDEV_NET,
    KDEV_NVME,      /* a controller, "nvme0" */
    KDEV_BLOCK,
    KDEV_DRM,       /* cards, their connectors and render nodes */
    KDEV_FB,        /* "fb0" */
    KDEV_USB,       /* a bus, "usb1" */
    KDEV_INPUT,     /* "input3" */
    KDEV_RDMA,
    KDEV_VIDEO,
    KDEV_WATCHDOG,
    KDEV_TPM,
};

struct kdev {
    enum kdev_kind kind;
    const char *name;   /* the kernel's name: "eth1", "sda2" */
    const char *path;   /* its folder, "sys/devices/pci0000:00/0000:00:03.0/..." */
};

struct kdevs;

/* Errors: XV_CANNOT when sysfs exists but cannot be read. */
int kdevs_open(struct kdevs **ret, const struct root *root, struct err *e);
struct kdevs *kdevs_close(struct kdevs *k);

static inline void kdevs_close_p(struct kdevs **k)
{
    *k = kdevs_close(*k);
}

/* All devices, also those of no PCI function ("lo", "dm-0"); i: below kdevs_count(). */
size_t kdevs_count(const struct kdevs *k);
const struct kdev *kdevs_at(const struct kdevs *k, size_t i);

/* The device of a kind with the kernel's name; NULL when there is none. */
const struct kdev *kdevs_named(const struct kdevs *k, enum kdev_kind kind, const char *name);

/* The disk of a partition, whose folder is inside the disk's; NULL for other devices. */
const struct kdev *kdevs_disk(const struct kdevs *k, const struct kdev *dev);

/*
 * A namespace that several NVMe controllers may have is a hidden disk below each, nvme0c1n2.
 * Returns the name of the visible disk, nvme0n2 (drivers/nvme/host/multipath.c), or NULL for other
 * devices.
 */
const char *kdevs_shared(const struct kdevs *k, const struct kdev *dev);

/*
 * Number i (from 0) of the devices that are lost with the function: its own, and those of functions
 * below it (VMD, bridges).  NULL after the last.
 */
const struct kdev *kdevs_below(const struct kdevs *k, struct bdf bdf, size_t i);

/*
 * Number i (from 0) of the names that people use for the function's own devices: "eth1", "nvme0",
 * "nvme0n1", "sda", "card0", "usb1".  No partitions.  NULL after the last.
 */
const char *kdevs_used_as(const struct kdevs *k, struct bdf bdf, size_t i);

/*
 * The function that drives a network interface or block device: "eth1", "sdb2", "nvme0",
 * "/dev/sdb", and on the running machine any link to one ("/dev/disk/by-id/...").  Errors:
 * XV_NOT_FOUND, -ENODEV, when it does not exist or is built on other devices (br0, dm-0).
 */
int kdevs_find(const struct kdevs *k, const char *name, struct bdf *ret, struct err *e);

/*
 * The target of a link in sysfs, as a path below the root ("sys/devices/...").  link: also a path
 * below the root.  Returns 0 or a negative errno.
 */
int kdev_resolve(const struct root *root, char ret[PATH_MAX], const char *link);

#endif
