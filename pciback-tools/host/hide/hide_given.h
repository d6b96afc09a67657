/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds xen-pciback's hide parameter in a boot file, and whether it has an effect there:
 * /etc/default/grub, grub.cfg, menu.lst, syslinux.cfg, xen.cfg, modprobe.d, initramfs-tools'
 * modules, boot loader entries, or a bare command line.  Pure.
 */
#ifndef XVTD_HIDE_GIVEN_H
#define XVTD_HIDE_GIVEN_H

#include <stdbool.h>
#include <stddef.h>

enum hide_state {
    HIDE_COUNTS,
    HIDE_COMMENTED,
    HIDE_XEN_LINE,      /* on Xen's own command line, which dom0's driver does not see */
    HIDE_REPLACED,      /* GRUB uses another variable under Xen */
    HIDE_OTHER_MODULE,  /* options pciback, xen.pciback.hide=: the driver is xen-pciback */
    HIDE_UNQUOTED,      /* an unquoted parenthesis stops the shell */
};

struct hide_given {
    unsigned line;      /* from 1 */
    size_t at;          /* offset of the value in its line, with what continues the line */
    enum hide_state state;
    bool classic;       /* pciback.hide=, which only XenLinux kernels read */
    char *value;        /* as the kernel gets it; owned */
    char *cut;          /* entries lost after a blank or line end; or NULL */
    char where[64];     /* "GRUB_CMDLINE_LINUX", "module2", "options"; "" on a bare line */
    char entry[96];     /* the title of its menu entry, "" for none */
};

/* *ret is in the order of the file; free it with hide_given_free().  Returns 0 or -ENOMEM. */
int hide_given_read(const char *text, struct hide_given **ret, size_t *n);
void hide_given_free(struct hide_given *list, size_t n);

/* The last value that has an effect, since later ones override; NULL for none. */
const struct hide_given *hide_given_last(const struct hide_given *list, size_t n);

/*
 * Other programs' lists of devices, as a hide value for the same devices; NULL when there is none.
 * rd.qubes.hide_pci= of a command line or boot file is for Qubes' initramfs, and
 * XEN_PCI_HIDE_LIST="DRIVER,ADDRESS ..." for SUSE's service.  Errors: -ENOMEM.
 */
int hide_given_qubes(const char *text, char **ret);
int hide_given_suse(const char *text, char **ret);

/* Why it has no effect, with the variable or command in parentheses; "" when it has one. */
#define HIDE_WHY_MAX 256
void hide_given_why(const struct hide_given *given, char buf[HIDE_WHY_MAX]);

#endif
