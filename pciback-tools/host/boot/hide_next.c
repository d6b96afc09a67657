/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/hide_next.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 4)))
static bool missing(struct next_kernel *k, enum next_held held, const char *fmt, ...)
{
    va_list ap;

    k->held = held;
    va_start(ap, fmt);
    vsnprintf(k->step, sizeof(k->step), fmt, ap);
    va_end(ap);
    return true;
}

/* The command that rebuilds this kernel's initramfs. */
static const char *remake(const struct next_boot *next, const struct next_kernel *k,
                          char buf[192])
{
    static const struct {
        const char *text;
        bool version;
    } commands[] = {
        [INITRAMFS_NONE] = { "rebuild its initramfs", false },
        [INITRAMFS_TOOLS] = { "update-initramfs -u -k ", true },
        [INITRAMFS_DRACUT] = { "dracut -f --kver ", true },
        [INITRAMFS_MKINITCPIO] = { "mkinitcpio -P", false },
    };

    if (next->maker == INITRAMFS_TOOLS && !*k->initramfs)
        snprintf(buf, 192, "update-initramfs -c -k %s", k->version);
    else
        snprintf(buf, 192, "%s%s", commands[next->maker].text,
                 commands[next->maker].version ? k->version : "");
    return buf;
}

static const char *remake_config(const char *config)
{
    return strstr(config, "grub2") ? "grub2-mkconfig"
           : strstr(config, "grub") ? "update-grub" : "add one that starts xen.efi";
}

/* How a value gets into an entry. */
static const char *remake_entry(const struct next_entry *entry)
{
    switch (entry->loader) {
    case LOADER_GRUB:
        return remake_config(entry->file);
    case LOADER_XEN_EFI:
        return "add it to the line kernel= there";
    case LOADER_UNIFIED:
        break;
    }
    return entry->is_signed ? "build it again and sign it; pciback-hide does not change it"
                            : "build it again; pciback-hide does not change it";
}

static bool has_file(const struct next_kernel *k, const char *part)
{
    return k->files && strstr(k->files, part);
}

/* The initramfs must contain the source, up to date, and the module that reads it. */
static bool judge_initramfs(const struct next_boot *next, struct next_kernel *k, size_t i,
                            bool with_file)
{
    const struct hide_source *s = &next->sources[i];
    bool copied = !strstr(s->path, "/initramfs-tools/"); /* modules lists are converted */
    char how[192];

    if (!*k->initramfs)
        return missing(k, NEXT_NOT_HELD, "it has no initramfs: %s", remake(next, k, how));
    if (!k->listed)
        return missing(k, NEXT_UNKNOWN, "%s cannot be listed here: lsinitramfs or lsinitrd",
                       k->initramfs);
    if (k->pciback == BOOT_MODULE_LOADABLE && !has_file(k, "xen-pciback.ko"))
        return missing(k, NEXT_NOT_HELD, "%s has no xen-pciback: %s", k->initramfs,
                       remake(next, k, how));
    if (!with_file)
        return false;
    if (copied && !has_file(k, s->path + 1))
        return missing(k, NEXT_NOT_HELD, "%s does not have %s: %s", k->initramfs, s->path,
                       remake(next, k, how));
    if (k->built < next->changed[i])
        return missing(k, NEXT_NOT_HELD, "%s is older than %s: %s", k->initramfs, s->path,
                       remake(next, k, how));
    return false;
}

/* xen.efi reads no file of /boot: its copy of the initramfs must be as new. */
static bool judge_copy(struct next_kernel *k, const struct next_entry *entry)
{
    if (!*entry->ramdisk || entry->built >= k->built)
        return false;
    if (!entry->built)
        return missing(k, NEXT_NOT_HELD, "%s starts it with %s, which is not there: copy %s to it",
                       entry->file, entry->ramdisk, k->initramfs);
    if (entry->loader == LOADER_UNIFIED)
        return missing(k, NEXT_NOT_HELD, "%s is older than %s: %s", entry->file, k->initramfs,
                       remake_entry(entry));
    return missing(k, NEXT_NOT_HELD, "%s is older than %s: copy it there", entry->ramdisk,
                   k->initramfs);
}

/* Boot entries start Xen with this kernel, and with this initramfs. */
static bool judge_entries(const struct next_boot *next, struct next_kernel *k, bool initramfs)
{
    if (*next->config && !k->n_entries)
        return missing(k, NEXT_NOT_HELD, "no entry of %s boots Xen with it: %s", next->config,
                       remake_config(next->config));
    for (size_t i = 0; initramfs && i < k->n_entries; i++)
        if (judge_copy(k, &k->entries[i]))
            return true;
    return false;
}

/* The entries that boot Xen with this kernel must have the value on dom0's command line. */
static bool judge_line(const struct next_boot *next, struct next_kernel *k, size_t i)
{
    bool module = k->pciback == BOOT_MODULE_LOADABLE;
    const struct hide_source *s = &next->sources[i];

    if (!*next->config)
        return missing(k, NEXT_UNKNOWN, "no file of a boot loader can be read here");
    for (size_t n = 0; n < k->n_entries; n++) {
        const struct next_entry *entry = &k->entries[n];

        if (s->way == WAY_LINE && !strstr(entry->line, s->value.text))
            return missing(k, NEXT_NOT_HELD, "its entry in %s does not have the value of %s: %s",
                           entry->file, s->path, remake_entry(entry));
        if (s->way == WAY_QUBES && !strstr(entry->line, "rd.qubes.hide_pci="))
            return missing(k, NEXT_NOT_HELD, "its entry in %s has no rd.qubes.hide_pci=: %s",
                           entry->file, remake_entry(entry));
    }
    return (module && judge_initramfs(next, k, i, false)) || judge_entries(next, k, module);
}

static bool judge_source(const struct next_boot *next, struct next_kernel *k, size_t i)
{
    const struct hide_source *s = &next->sources[i];

    if (s->value.broken)
        return missing(k, NEXT_NOT_HELD, "%s: offset %zu: %s", s->path, s->value.fault.at,
                       s->value.fault.why);
    if (s->way == WAY_MODPROBE && k->pciback == BOOT_MODULE_BUILTIN)
        return missing(k, NEXT_NOT_HELD, "xen-pciback is built into this kernel, and %s has no "
                       "effect on it: pciback-hide --install --method=grub", s->path);
    switch (s->way) {
    case WAY_MODPROBE:
    case WAY_UDEV:
        return judge_initramfs(next, k, i, true) || judge_entries(next, k, true);
    case WAY_LINE:
    case WAY_QUBES:
        return judge_line(next, k, i);
    case WAY_SUSE:
        break; /* that service acts after the boot */
    }
    return false;
}

void hide_next_judge(const struct next_boot *next, struct next_kernel *k)
{
    k->held = NEXT_HELD;
    k->step[0] = '\0';
    if (k->pciback == BOOT_MODULE_MISSING) {
        missing(k, NEXT_NOT_HELD, "it has no xen-pciback: boot another kernel, or install its "
                "modules");
        return;
    }
    for (size_t i = 0; i < next->n_sources; i++)
        if ((next->sources[i].value.given || next->sources[i].n) &&
            judge_source(next, k, i))
            return;
}
