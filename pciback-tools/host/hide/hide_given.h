/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a boot file gives xen-pciback its hide parameter, and whether it counts there: in
 * /etc/default/grub, grub.cfg, menu.lst, syslinux.cfg, xen.cfg, modprobe.d, initramfs-tools'
 * modules, boot loader entries or a bare command line.  Pure.
 */
#ifndef XVTD_HIDE_GIVEN_H
#define XVTD_HIDE_GIVEN_H

#include <stdbool.h>
#include <stddef.h>

enum hide_state {
    HIDE_COUNTS,
    HIDE_COMMENTED,
    HIDE_XEN_LINE,      /* on Xen's own command line: dom0's driver never sees it */
    HIDE_REPLACED,      /* another variable of GRUB takes this one's place under Xen */
    HIDE_OTHER_MODULE,  /* options pciback, xen.pciback.hide=: the driver is xen-pciback */
    HIDE_UNQUOTED,      /* a shell stops at the parenthesis */
};

struct hide_given {
    unsigned line;      /* from 1 on */
    enum hide_state state;
    bool classic;       /* pciback.hide=, which only XenLinux kernels read */
    char *value;        /* as the kernel gets it; owned */
    char *cut;          /* entries behind a blank or line end, which it does not get; or NULL */
    char where[64];     /* "GRUB_CMDLINE_LINUX", "module2", "options"; "" on a bare line */
    char entry[96];     /* the title of its menu entry, "" for none */
};

/* *ret: in the order of the file, then hide_given_free().  Returns 0 or -ENOMEM. */
int hide_given_read(const char *text, struct hide_given **ret, size_t *n);
void hide_given_free(struct hide_given *list, size_t n);

/* The last that counts, as all of these files are read; NULL for none. */
const struct hide_given *hide_given_last(const struct hide_given *list, size_t n);

/*
 * Lists of devices by others, as the value that would hide the same; NULL where the text has
 * none: rd.qubes.hide_pci= of a command line or boot file, which Qubes' initramfs reads, and
 * XEN_PCI_HIDE_LIST="DRIVER,ADDRESS ..." of SUSE's service.  Errors: -ENOMEM.
 */
int hide_given_qubes(const char *text, char **ret);
int hide_given_suse(const char *text, char **ret);

/* Why it does not count, with the variable or command in parentheses; "" if it does. */
#define HIDE_WHY_MAX 256
void hide_given_why(const struct hide_given *given, char buf[HIDE_WHY_MAX]);

#endif
