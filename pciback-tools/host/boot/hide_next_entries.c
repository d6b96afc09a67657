/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot loaders' entries that start Xen: GRUB's, xen.efi's cfg, images that contain all. */
#include "boot/hide_next.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dropin.h"
#include "hide/boot_line.h"

long long hide_next_written(const struct root *root, const char *path)
{
    AUTO_CLOSE int fd = root_openf(root, O_PATH, "%s", path);
    struct stat st;

    return fd < 0 || fstat(fd, &st) ? 0 : (long long)st.st_mtime;
}

#define IMAGE_HEAD 65536

static struct next_entry *add(struct next_kernel *k, enum next_loader loader, const char *file,
                              const char *line)
{
    struct next_entry *entry;

    if (ARRAY_GROW(k->entries, k->n_entries))
        return NULL;
    entry = &k->entries[k->n_entries];
    *entry = (struct next_entry){ .loader = loader, .line = strdup(line) };
    snprintf(entry->file, sizeof(entry->file), "%s", file);
    k->n_entries += entry->line != NULL;
    return entry->line ? entry : NULL;
}

/* Reads `module2 /boot/vmlinuz-VERSION ...` after a line that starts Xen; the first counts. */
static int read_grub(struct next_kernel *k, const char *path, const char *config)
{
    struct boot_line line = { .next = config, .number = 0 };
    bool xen = false, found = false;
    char image[160];
    int rc;

    snprintf(image, sizeof(image), "vmlinuz-%s ", k->version);
    while ((rc = boot_line_next(&line)) > 0 && !found) {
        char title[96];

        if (boot_line_title(&line, title, sizeof(title)))
            xen = false;
        else if (!line.comment && line.grub && strstr(line.command, "multiboot"))
            xen = true;
        else if (!line.comment && xen && !strncmp(line.command, "module", 6) &&
                 strstr(line.text, image))
            found = true;
        if (found && !add(k, LOADER_GRUB, path, line.text))
            rc = -ENOMEM;
        if (rc < 0)
            break;
    }
    boot_line_clear(&line);
    return rc < 0 ? -ENOMEM : 0;
}

/* A file beside the cfg, where xen.efi looks for it. */
static void beside(const char *cfg, const char *name, char buf[192])
{
    const char *slash = strrchr(cfg, '/');

    for (const char *p = name; *p; p++)
        if (*p == '/' || *p == '\\')
            name = p + 1;
    snprintf(buf, 192, "%.*s/%.60s", slash ? (int)(slash - cfg) : 0, cfg, name);
}

/* The version of a kernel whose name does not tell it. */
static void version_of(const struct root *root, const char *path, char version[128])
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, "%s", path);
    AUTO_FREE char *head = malloc(IMAGE_HEAD);
    ssize_t len = fd < 0 || !head ? -1 : read(fd, head, IMAGE_HEAD);

    *version = '\0';
    if (len > 0)
        kernel_version(head, (size_t)len, version);
}

/* Is it the kernel of this line, "vmlinuz-VERSION root=..."? */
static bool is_kernel(const struct next_kernel *k, const struct root *root,
                      const struct xen_efi *x, const char *line)
{
    char name[128], path[192], version[128];
    const char *dash;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, " \t"), line);
    dash = strchr(name, '-');
    if (dash && !strcmp(dash + 1, k->version))
        return true;
    if (x->unified)
        return !strcmp(x->version, k->version);
    beside(x->path, name, path);
    version_of(root, path + 1, version);
    return !strcmp(version, k->version);
}

static int read_efi(struct next_kernel *k, const struct root *root, const struct xen_efi *x)
{
    AUTO_FREE char *line = NULL, *ramdisk = NULL;
    struct next_entry *entry;

    if (xen_efi_value(x->text, x->section, "kernel", &line) ||
        xen_efi_value(x->text, x->section, "ramdisk", &ramdisk))
        return -ENOMEM;
    if (!line || !is_kernel(k, root, x, line))
        return 0;
    entry = add(k, x->unified ? LOADER_UNIFIED : LOADER_XEN_EFI, x->path, line);
    if (!entry)
        return -ENOMEM;
    entry->is_signed = x->is_signed;
    if (x->unified)
        snprintf(entry->ramdisk, sizeof(entry->ramdisk), "%s", x->path);
    else if (ramdisk)
        beside(x->path, ramdisk, entry->ramdisk);
    if (*entry->ramdisk)
        entry->built = hide_next_written(root, entry->ramdisk + 1);
    return 0;
}

static int read_grubs(struct next_boot *next, const struct root *root)
{
    static const char *const paths[] = { "boot/grub/grub.cfg", "boot/grub2/grub.cfg" };
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(paths) && !*next->config; i++) {
        AUTO_FREE char *text = dropin_read(root, paths[i]);

        if (!text)
            continue;
        snprintf(next->config, sizeof(next->config), "/%s", paths[i]);
        for (size_t k = 0; !r && k < next->n; k++)
            r = read_grub(&next->kernels[k], next->config, text);
    }
    return r;
}

int hide_next_entries(struct next_boot *next, const struct root *root, struct err *e)
{
    int r = xen_efi_read(&next->efis, root);

    if (!r)
        r = read_grubs(next, root);
    for (size_t i = 0; !r && i < next->efis.n; i++)
        for (size_t k = 0; !r && k < next->n; k++)
            r = read_efi(&next->kernels[k], root, &next->efis.list[i]);
    if (!*next->config && next->efis.n)
        snprintf(next->config, sizeof(next->config), "%s", next->efis.list[0].path);
    else if (!*next->config && next->efis.entries)
        snprintf(next->config, sizeof(next->config), "loader/entries");
    return r ? err_nomem(e) : 0;
}
