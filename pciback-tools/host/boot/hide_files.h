/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The paths of our own drop-in files. */
#ifndef XVTD_HIDE_FILES_H
#define XVTD_HIDE_FILES_H

#include "base/root.h"
#include "boot/hide_format.h"

enum hide_file {
    HIDE_FILE_GRUB,         /* sorts after xen.cfg and other files that may set the variables */
    HIDE_FILE_MODPROBE,
    HIDE_FILE_HOOK,         /* a hook of initramfs-tools */
    HIDE_FILE_UDEV,         /* sorts before 80-drivers.rules */
    HIDE_FILES,
};

/* The path below the root, without a leading slash. */
const char *hide_file_path(enum hide_file file);

#endif
