/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/hide_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/hide_files.h"

static const struct {
    const char *word;
    enum hide_place_kind kind;
} words[] = {
    { "param", PLACE_PARAM }, { "grub", PLACE_GRUB }, { "grub-legacy", PLACE_GRUB_LEGACY },
    { "modprobe", PLACE_MODPROBE }, { "udev", PLACE_UDEV }, { "dracut", PLACE_DRACUT },
    { "initramfs-tools", PLACE_INITRAMFS_TOOLS },
};

bool hide_place_parse(const char *word, enum hide_place_kind *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcmp(words[i].word, word)) {
            *ret = words[i].kind;
            return true;
        }
    return false;
}

bool hide_place_has_line(enum hide_place_kind kind)
{
    return kind == PLACE_PARAM || kind == PLACE_GRUB || kind == PLACE_GRUB_LEGACY;
}

static void put_devices(FILE *f, const struct hide_plan *plan)
{
    fprintf(f, HIDE_MARK "\n");
    for (size_t i = 0; i < plan->n; i++) {
        const struct hide_device *d = &plan->devices[i];
        char id[IDENTITY_TEXT_MAX] = "absent";

        if (d->present)
            identity_format(&d->id, id);
        fprintf(f, "# device %s %s\n", BDF_STR(d->bdf), id);
    }
}

bool hide_device_line(const char *line, size_t len, struct bdf *bdf, struct identity *id,
                      bool *has_id)
{
    static const char begin[] = "# device ";
    char text[160], *rest;
    struct err ignored;

    if (len < strlen(begin) || len >= sizeof(text) || strncmp(line, begin, strlen(begin)))
        return false;
    memcpy(text, line, len);
    text[len] = '\0';
    rest = strchr(text + strlen(begin), ' ');
    if (!rest)
        return false;
    *rest++ = '\0';
    *has_id = identity_parse(rest, id);
    return (*has_id || !strcmp(rest, "absent")) && !bdf_parse(text + strlen(begin), bdf, &ignored);
}

/*
 * 20_linux_xen takes the dom0 kernel's parameters from GRUB_CMDLINE_LINUX_XEN_REPLACE when it is
 * set, else from GRUB_CMDLINE_LINUX.  So the new value includes the old one.  Entries without Xen
 * stay as they are; recovery entries hide as well.
 */
static void put_grub(FILE *f, const struct hide_plan *plan)
{
    put_devices(f, plan);
    fprintf(f, "GRUB_CMDLINE_LINUX_XEN_REPLACE="
               "\"${GRUB_CMDLINE_LINUX_XEN_REPLACE:-$GRUB_CMDLINE_LINUX} %s=%s\"\n",
            plan->name, plan->value);
}

/* One line for each module: loading a native driver loads xen-pciback before it. */
static void put_softdeps(FILE *f, const struct hide_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        for (size_t k = 0; k < ARRAY_LEN(plan->devices[i].drivers); k++) {
            const char *driver = plan->devices[i].drivers[k];
            bool again = false;

            for (size_t j = 0; *driver && !again && j < i; j++)
                for (size_t l = 0; l < ARRAY_LEN(plan->devices[j].drivers); l++)
                    again |= !strcmp(plan->devices[j].drivers[l], driver);
            if (*driver && !again)
                fprintf(f, "softdep %s pre: xen-pciback\n", driver);
        }
}

/*
 * Each PCI device's event sets the overrides of all chosen devices, because one event may load the
 * native driver of several.  The identity in the rule protects another device at the same address.
 * The test of /sys/hypervisor leaves boots without Xen alone.
 */
static void put_udev_device(FILE *f, const struct hide_device *d)
{
    struct bdf_text at = bdf_text(d->bdf);
    const struct {
        const char *attribute;
        unsigned value;
    } ids[] = {
        { "vendor", d->id.vendor }, { "device", d->id.device },
        { "subsystem_vendor", d->id.subvendor }, { "subsystem_device", d->id.subdevice },
    };

    if (!d->present) {
        fprintf(f, "# %s is not there: without its identity there is no rule for it\n", at.s);
        return;
    }
    fprintf(f, "ACTION==\"add|bind\", SUBSYSTEM==\"pci\", TEST==\"/sys/hypervisor/type\"");
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        fprintf(f, ", ATTR{[pci/%s]%s}==\"0x%04x\"", at.s, ids[i].attribute, ids[i].value);
    fprintf(f, ", ATTR{[pci/%s]driver_override}=\"pciback\"\n", at.s);
    fprintf(f, "ACTION==\"add\", SUBSYSTEM==\"pci\", KERNEL==\"%s\", "
               "ATTR{driver_override}==\"pciback\", RUN{builtin}+=\"kmod load xen-pciback\", "
               "RUN{program}+=\"/bin/sh -c 'echo %s >/sys/bus/pci/drivers_probe'\"\n",
            at.s, at.s);
}

static void put_dracut(FILE *f, const struct hide_plan *plan)
{
    (void)plan;
    fprintf(f, HIDE_MARK "\nforce_drivers+=\" xen-pciback \"\n");
}

/* initramfs-tools copies modprobe.d itself, but no rules; udev in the initramfs loads drivers. */
static void put_initramfs_tools(FILE *f)
{
    fprintf(f, "#!/bin/sh\n" HIDE_MARK "\n"
               "[ \"$1\" != prereqs ] || exit 0\n"
               ". /usr/share/initramfs-tools/hook-functions\n"
               "manual_add_modules xen-pciback\n"
               "[ ! -e /%1$s ] || copy_file rules /%1$s\n", hide_file_path(HIDE_FILE_UDEV));
}

char *hide_format(enum hide_place_kind kind, const struct hide_plan *plan)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    switch (kind) {
    case PLACE_PARAM:
        fprintf(f, "%s=%s\n", plan->name, plan->value);
        break;
    case PLACE_GRUB:
        put_grub(f, plan);
        break;
    case PLACE_GRUB_LEGACY:
        fprintf(f, "# in menu.lst, at the end of the dom0 kernel's line (the first `module`):\n"
                   "%s=%s\n", plan->name, plan->value);
        break;
    case PLACE_MODPROBE:
        put_devices(f, plan);
        fprintf(f, "options xen-pciback hide=%s\n", plan->value);
        put_softdeps(f, plan);
        break;
    case PLACE_SOFTDEP:
        fprintf(f, HIDE_MARK "\n");
        put_softdeps(f, plan);
        break;
    case PLACE_UDEV:
        put_devices(f, plan);
        for (size_t i = 0; i < plan->n; i++)
            put_udev_device(f, &plan->devices[i]);
        break;
    case PLACE_DRACUT:
        put_dracut(f, plan);
        break;
    case PLACE_INITRAMFS_TOOLS:
        put_initramfs_tools(f);
        break;
    }
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}
