/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/boot_facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const names[] = {
    [BOOT_GRUB] = "grub", [BOOT_XEN_CMDLINE] = "xen-cmdline", [BOOT_MODPROBE] = "modprobe",
    [BOOT_UDEV] = "udev",
};

const char *boot_method_name(enum boot_method method)
{
    return names[method];
}

bool boot_method_parse(const char *word, enum boot_method *ret)
{
    size_t i = text_word(names, ARRAY_LEN(names), word);

    if (i < ARRAY_LEN(names))
        *ret = (enum boot_method)i;
    return i < ARRAY_LEN(names);
}

enum boot_initramfs boot_initramfs(const struct root *root)
{
    if (root_existsf(root, "etc/initramfs-tools"))
        return INITRAMFS_TOOLS;
    if (root_existsf(root, "etc/dracut.conf.d") || root_existsf(root, "usr/lib/dracut"))
        return INITRAMFS_DRACUT;
    return root_existsf(root, "etc/mkinitcpio.conf") ? INITRAMFS_MKINITCPIO : INITRAMFS_NONE;
}

int boot_facts_read(const struct root *root, struct hide_device *devices, size_t n,
                    struct boot_facts *ret, struct err *e)
{
    struct boot_facts f = { .initramfs = boot_initramfs(root) };

    boot_kernel(root, f.version, sizeof(f.version));
    f.pciback = boot_module_find(root, f.version, "xen-pciback");
    f.grub = root_existsf(root, "etc/default/grub.d") ||
             root_existsf(root, "usr/sbin/update-grub");
    f.xcp = root_existsf(root, "opt/xensource/libexec/xen-cmdline");
    for (size_t i = 0; i < n && !*f.builtin; i++) {
        char driver[MODULE_NAME_MAX];

        root_link_name(root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver",
                       BDF_STR(devices[i].bdf));
        if (*driver && strcmp(driver, "pciback") && boot_driver_builtin(root, driver))
            snprintf(f.builtin, sizeof(f.builtin), "%s", driver);
    }
    *ret = f;
    return boot_native_modules(root, f.version, devices, n, e);
}

static int no_pciback(const struct boot_facts *f, struct err *e)
{
    int r = err_set(e, XV_CANNOT, ENOENT, "kernel %s has no xen-pciback",
                    *f->version ? f->version : "(which is not known)");

    err_hint(e, "boot a kernel with CONFIG_XEN_PCIDEV_BACKEND, or install its modules");
    return r;
}

static int builtin_wins(const struct boot_facts *f, struct err *e)
{
    int r = err_set(e, XV_CANNOT, EBUSY, "driver %s is built in and xen-pciback is a module, so "
                    "that driver always comes first", f->builtin);

    err_hint(e, "take the device after boot, with xvtd assignable add or pciback-bind; --method= "
             "tries anyway");
    return r;
}

static int fits_nowhere(struct err *e)
{
    int r = err_set(e, XV_REFUSED, E2BIG, "the parameter is too long for the command line");

    err_kind(e, "too-long");
    err_hint(e, "--method=udev has no such limit");
    return r;
}

int boot_check(const struct boot_facts *f, enum boot_method method, struct err *e)
{
    bool line = method == BOOT_GRUB || method == BOOT_XEN_CMDLINE;

    if (f->pciback == BOOT_MODULE_MISSING)
        return no_pciback(f, e);
    if (line ? !f->fits_line : method == BOOT_MODPROBE && !f->fits_value)
        return fits_nowhere(e);
    if (method == BOOT_GRUB && !f->grub) {
        int r = err_set(e, XV_CANNOT, ENOENT, "no GRUB on this host reads /etc/default/grub.d");

        err_hint(e, "--format=grub prints the text for /etc/default/grub; then run grub2-mkconfig");
        return r;
    }
    if (method == BOOT_MODPROBE && f->pciback == BOOT_MODULE_BUILTIN)
        return err_set(e, XV_CANNOT, EINVAL, "xen-pciback is built into kernel %s: modprobe.d has "
                       "no effect on it", f->version);
    return 0;
}

int boot_choose(const struct boot_facts *f, enum boot_method *ret, char why[BOOT_WHY_MAX],
                struct err *e)
{
    if (f->pciback == BOOT_MODULE_MISSING)
        return no_pciback(f, e);
    if (f->pciback == BOOT_MODULE_LOADABLE && *f->builtin)
        return builtin_wins(f, e);
    if (f->xcp && f->fits_line) {
        *ret = BOOT_XEN_CMDLINE;
        snprintf(why, BOOT_WHY_MAX, "this is XCP-ng or XenServer, whose toolstack reads the "
                 "command line");
    } else if (f->pciback == BOOT_MODULE_BUILTIN) {
        *ret = f->grub && f->fits_line ? BOOT_GRUB : BOOT_UDEV;
        snprintf(why, BOOT_WHY_MAX, "xen-pciback is built in%s", *ret == BOOT_GRUB ? "" :
                 f->grub ? ", but the command line has no room" : ", but there is no GRUB here");
        if (*ret == BOOT_UDEV && *f->builtin)
            return f->grub ? fits_nowhere(e) : builtin_wins(f, e);
    } else {
        *ret = f->fits_value ? BOOT_MODPROBE : BOOT_UDEV;
        snprintf(why, BOOT_WHY_MAX, "xen-pciback is a module, loaded before the devices' drivers%s",
                 f->fits_value ? "" : ", and its parameter would be too long");
    }
    return 0;
}
