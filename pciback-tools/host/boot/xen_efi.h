/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen that the firmware or systemd-boot starts: xen.efi with a cfg beside it, or one image that
 * contains both (Xen's docs/misc/efi.pandoc).
 */
#ifndef XVTD_XEN_EFI_H
#define XVTD_XEN_EFI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/root.h"

struct xen_efi {
    char path[192];         /* of the cfg, or of the image that contains it */
    char *text;             /* the cfg; owned */
    char section[64];       /* that a systemd-boot entry names; "": the default one */
    char version[128];      /* of an image's kernel, "" if unknown */
    bool unified;
    bool is_signed;
};

/* An image with Linux, and without Xen (systemd-stub(7)). */
struct linux_image {
    char path[192];
    char version[128];      /* "" if unknown */
    bool is_signed;
};

struct xen_efis {
    struct xen_efi *list;
    size_t n;
    struct linux_image *images;
    size_t n_images;
    bool entries;           /* systemd-boot has entries */
};

/* Looks into the EFI system partition's usual places.  Free in any case.  Returns 0 or -ENOMEM. */
int xen_efi_read(struct xen_efis *ret, const struct root *root);
void xen_efi_free(struct xen_efis *efis);

/*
 * The value of a key in a section of the cfg, freed by the caller; *ret NULL: there is none.
 * Returns 0 or -ENOMEM.  Pure.
 */
int xen_efi_value(const char *text, const char *section, const char *key, char **ret);

/* The version in the header of a kernel image, "" if there is none.  Pure. */
void kernel_version(const char *image, size_t len, char buf[128]);

#endif
