/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own drop-in files, and what they configure. */
#ifndef XVTD_HIDE_FILES_H
#define XVTD_HIDE_FILES_H

#include "base/root.h"
#include "boot/hide_format.h"

enum hide_file {
    HIDE_FILE_GRUB,         /* sorts behind xen.cfg and what else may set the variables */
    HIDE_FILE_MODPROBE,
    HIDE_FILE_HOOK,         /* of initramfs-tools */
    HIDE_FILE_UDEV,         /* sorts before 80-drivers.rules */
    HIDE_FILES,
};

/* Below the root, without a leading slash. */
const char *hide_file_path(enum hide_file file);

#endif
