/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The next boot: for each installed kernel, whether it would hold the configured devices, and which
 * step is missing.
 */
#ifndef XVTD_HIDE_NEXT_H
#define XVTD_HIDE_NEXT_H

#include "boot/boot_facts.h"
#include "boot/hide_status.h"
#include "boot/xen_efi.h"

enum next_held { NEXT_HELD, NEXT_NOT_HELD, NEXT_UNKNOWN };

/* What a boot loader does with one kernel under Xen. */
struct next_entry {
    enum next_loader { LOADER_GRUB, LOADER_XEN_EFI, LOADER_UNIFIED } loader;
    char file[192];
    char *line;                 /* the command line of dom0; owned */
    char ramdisk[192];          /* the copy of the initramfs that it boots, "" for the one in /boot */
    long long built;            /* the copy's modification time, 0: it is not there */
    bool is_signed;             /* LOADER_UNIFIED */
};

/* One kernel, and how it boots. */
struct next_kernel {
    char version[128];
    enum boot_module pciback;
    char initramfs[192];        /* path with a leading slash, "" for none */
    bool listed;                /* its content is known: */
    char *files;                /* paths of xen-pciback, modprobe.d and udev, one a line; owned */
    long long built;            /* its modification time, in seconds */
    struct next_entry *entries;
    size_t n_entries;
    enum next_held held;
    char step[400];             /* the missing step or fact; "" when held */
};

struct next_boot {
    struct hide_source *sources;
    size_t n_sources;
    long long *changed;         /* each source's modification time, in seconds */
    char config[192];           /* the boot loader's file, of several one; "" for none */
    bool secure_boot;
    enum boot_initramfs maker;
    struct next_kernel *kernels;
    size_t n;
    char crash[4][192];         /* initramfs files of crash kernels that set driver overrides */
    size_t n_crash;
    struct xen_efis efis;
};

/* Reads the tree and judges.  The caller zeroes ret.  Errors: -ENOMEM. */
int hide_next_read(struct next_boot *ret, const struct root *root, struct err *e);
void hide_next_clear(struct next_boot *next);

/* A file's modification time in seconds, 0 where there is none. */
long long hide_next_written(const struct root *root, const char *path);

/* Reads the boot loaders' entries of the kernels.  Errors: -ENOMEM. */
int hide_next_entries(struct next_boot *next, const struct root *root, struct err *e);

/* Sets held and step.  Pure. */
void hide_next_judge(const struct next_boot *next, struct next_kernel *kernel);

#endif
