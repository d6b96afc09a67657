/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How this host boots, as far as hiding devices is concerned, and which way of hiding works here.
 */
#ifndef XVTD_BOOT_FACTS_H
#define XVTD_BOOT_FACTS_H

#include <stdbool.h>

#include "boot/boot_modules.h"

enum boot_initramfs { INITRAMFS_NONE, INITRAMFS_TOOLS, INITRAMFS_DRACUT, INITRAMFS_MKINITCPIO };

struct boot_facts {
    char version[128];          /* the kernel's, "" when unknown */
    enum boot_module pciback;
    char builtin[MODULE_NAME_MAX];      /* a chosen device's driver in the kernel image, or "" */
    bool grub;                  /* GRUB's configuration reads /etc/default/grub.d */
    bool xcp;                   /* XCP-ng's or XenServer's xen-cmdline */
    enum boot_initramfs initramfs;
    bool fits_line;             /* the dom0 command line has room for the parameter */
    bool fits_value;            /* modprobe.d has room for the parameter */
};

enum boot_method {
    BOOT_GRUB,          /* the dom0 command line, by GRUB */
    BOOT_XEN_CMDLINE,   /* the same with XCP-ng's tool; its command is printed */
    BOOT_MODPROBE,
    BOOT_UDEV,
};

/* The program that makes this host's initramfs, recognised by the folders that it reads. */
enum boot_initramfs boot_initramfs(const struct root *root);

/* Reads the tree; the caller sets fits_*.  Errors: -ENOMEM. */
int boot_facts_read(const struct root *root, struct hide_device *devices, size_t n,
                    struct boot_facts *ret, struct err *e);

/* "grub", "xen-cmdline", "modprobe", "udev". */
const char *boot_method_name(enum boot_method method);
bool boot_method_parse(const char *word, enum boot_method *ret);

/*
 * Chooses the way that works here, with the reason in one clause.  Pure.  Errors: XV_CANNOT when
 * none works, XV_REFUSED when the parameter is too long for all.
 */
#define BOOT_WHY_MAX 200
int boot_choose(const struct boot_facts *facts, enum boot_method *ret, char why[BOOT_WHY_MAX],
                struct err *e);

/* Checks a way that a person has chosen.  Errors: as above, when it cannot work at all. */
int boot_check(const struct boot_facts *facts, enum boot_method method, struct err *e);

#endif
