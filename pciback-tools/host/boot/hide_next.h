/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The next boot: for each installed kernel, whether it would hold the configured devices, and which
 * step is missing.
 */
#ifndef XVTD_HIDE_NEXT_H
#define XVTD_HIDE_NEXT_H

#include "boot/boot_facts.h"
#include "boot/hide_status.h"

enum next_held { NEXT_HELD, NEXT_NOT_HELD, NEXT_UNKNOWN };

/* One kernel, and how it boots. */
struct next_kernel {
    char version[128];
    enum boot_module pciback;
    char initramfs[192];        /* path with a leading slash, "" for none */
    bool listed;                /* its content is known: */
    char *files;                /* paths of xen-pciback, modprobe.d and udev, one a line; owned */
    long long built;            /* its modification time, in seconds */
    bool entry;                 /* a boot entry starts Xen with this kernel */
    char *line;                 /* that entry's command line of dom0; owned, or NULL */
    enum next_held held;
    char step[400];             /* the missing step or fact; "" when held */
};

struct next_boot {
    struct hide_source *sources;
    size_t n_sources;
    long long *changed;         /* each source's modification time, in seconds */
    char config[64];            /* the boot loader's file, "" for none */
    enum boot_initramfs maker;
    struct next_kernel *kernels;
    size_t n;
    char crash[3][192];         /* initramfs files of crash kernels that set driver overrides */
    size_t n_crash;
    char unified[192];          /* a unified kernel image, "" for none */
};

/* Reads the tree and judges.  The caller zeroes ret.  Errors: -ENOMEM. */
int hide_next_read(struct next_boot *ret, const struct root *root, struct err *e);
void hide_next_clear(struct next_boot *next);

/* Sets held and step.  Pure. */
void hide_next_judge(const struct next_boot *next, struct next_kernel *kernel);

#endif
