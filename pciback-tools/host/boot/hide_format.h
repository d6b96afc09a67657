/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hide parameter as text for each place that can hold it, for printing and for our own drop-in
 * files.  Pure.
 */
#ifndef XVTD_HIDE_FORMAT_H
#define XVTD_HIDE_FORMAT_H

#include "base/identity.h"
#include "hide/hide_choose.h"

#define MODULE_NAME_MAX 64

/* A function to hide. */
struct hide_device {
    struct bdf bdf;
    bool present;               /* it is on this host; else only bdf is valid */
    struct identity id;
    char drivers[4][MODULE_NAME_MAX];   /* modules that match it; "" ends them */
};

struct hide_plan {
    const char *value;          /* the parameter's value */
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

/* True when the place is a kernel command line. */
bool hide_place_has_line(enum hide_place_kind kind);

/*
 * The text, which includes the last newline; the caller frees it.  NULL when out of memory.
 */
char *hide_format(enum hide_place_kind kind, const struct hide_plan *plan);

/*
 * The first line of a drop-in file.  One line "# device 0000:02:00.0 8086:10d3:..." for each device
 * follows, so that identities can be checked later.
 */
#define HIDE_MARK "# Written by pciback-hide; pciback-hide --uninstall removes it."

/* Parses such a device line; false for any other line. */
bool hide_device_line(const char *line, size_t len, struct bdf *bdf, struct identity *id,
                      bool *has_id);

#endif
