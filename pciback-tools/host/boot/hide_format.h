/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hide parameter as the text of each place that it can stand in: what is printed for a
 * person to paste, and what our own drop-in files hold.  Pure.
 */
#ifndef XVTD_HIDE_FORMAT_H
#define XVTD_HIDE_FORMAT_H

#include "base/identity.h"
#include "hide/hide_choose.h"

#define MODULE_NAME_MAX 64

/* A function that is to be hidden. */
struct hide_device {
    struct bdf bdf;
    bool present;               /* on this host; only then the rest is known */
    struct identity id;
    char drivers[4][MODULE_NAME_MAX];   /* modules that would take it; "" ends them */
};

struct hide_plan {
    const char *value;          /* of the parameter */
    const char *name;           /* "xen-pciback.hide" or "pciback.hide" */
    const struct hide_device *devices;
    size_t n;
};

enum hide_place_kind {
    PLACE_PARAM,
    PLACE_GRUB,             /* a file of /etc/default/grub.d */
    PLACE_GRUB_LEGACY,
    PLACE_MODPROBE,         /* a file of modprobe.d: the options and the softdeps */
    PLACE_UDEV,
    PLACE_DRACUT,
    PLACE_INITRAMFS_TOOLS,  /* a hook */
    PLACE_SOFTDEP,          /* modprobe.d with the softdeps alone */
};

/* "param", "grub", ...: the value of --format=; false for another word. */
bool hide_place_parse(const char *word, enum hide_place_kind *ret);

/* True where no kernel command line is involved. */
bool hide_place_has_line(enum hide_place_kind kind);

/*
 * The text, to be freed; NULL when out of memory.  The last newline is in it.
 */
char *hide_format(enum hide_place_kind kind, const struct hide_plan *plan);

/*
 * A drop-in file begins with this line; after it each device stands as
 * "# device 0000:02:00.0 8086:10d3:...", so that identities can be checked at any time.
 */
#define HIDE_MARK "# Written by pciback-hide; pciback-hide --uninstall removes it."

/* Reads such a line; false for any other. */
bool hide_device_line(const char *line, size_t len, struct bdf *bdf, struct identity *id,
                      bool *has_id);

#endif
