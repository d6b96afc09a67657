/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The next boot: for each installed kernel, whether it would hold what is configured, and the
 * step that is missing.
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
    char initramfs[192];        /* its path with the leading slash, "" for none */
    bool listed;                /* what is in it is known: */
    char *files;                /* of xen-pciback, modprobe.d and udev, a line each; owned */
    long long built;            /* when it was written; seconds */
    bool entry;                 /* a boot entry starts Xen with this kernel */
    char *line;                 /* that entry's command line of dom0; owned, or NULL */
    enum next_held held;
    char step[400];             /* what is missing or not known; "" when held */
};

struct next_boot {
    struct hide_source *sources;
    size_t n_sources;
    long long *changed;         /* when each source was written */
    char config[64];            /* the boot loader's file, "" for none */
    enum boot_initramfs maker;
    struct next_kernel *kernels;
    size_t n;
    char crash[3][192];         /* initramfs of crash kernels that set driver overrides */
    size_t n_crash;
    char unified[192];          /* a unified kernel image, "" for none */
};

/* Reads the tree and judges.  ret is zeroed by the caller.  Errors: -ENOMEM. */
int hide_next_read(struct next_boot *ret, const struct root *root, struct err *e);
void hide_next_clear(struct next_boot *next);

/* Sets held and step.  Pure. */
void hide_next_judge(const struct next_boot *next, struct next_kernel *kernel);

#endif
