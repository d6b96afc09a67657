/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/hide_files.h"

const char *hide_file_path(enum hide_file file)
{
    static const char *const paths[] = {
        [HIDE_FILE_GRUB] = "etc/default/grub.d/zz-xvtd-hide.cfg",
        [HIDE_FILE_MODPROBE] = "etc/modprobe.d/xvtd-hide.conf",
        [HIDE_FILE_HOOK] = "etc/initramfs-tools/hooks/xvtd-hide",
        [HIDE_FILE_UDEV] = "etc/udev/rules.d/10-xvtd-hide.rules",
    };

    return paths[file];
}
