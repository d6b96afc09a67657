/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/hide_next.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/dropin.h"
#include "base/text.h"
#include "boot/hide_files.h"
#include "hide/boot_line.h"

/* Lists the files that matter with the first listing program found; fails without one. */
static const char list_script[] =
    "for p in lsinitramfs lsinitrd lsinitcpio; do\n"
    "	command -v $p >/dev/null || continue\n"
    "	all=$($p \"$1\" 2>/dev/null) || exit 1\n"
    "	printf '%s\\n' \"$all\" |\n"
    "		grep -oE '[^ ]*(xen-pciback\\.ko|etc/modprobe\\.d/|etc/udev/rules\\.d/)[^ ]*'\n"
    "	exit 0\n"
    "done\n"
    "exit 127";

static long long written(const struct root *root, const char *path)
{
    AUTO_CLOSE int fd = root_openf(root, O_PATH, "%s", path);
    struct stat st;

    return fd < 0 || fstat(fd, &st) ? 0 : (long long)st.st_mtime;
}

/* The listing of an initramfs; path has a leading slash.  NULL when it cannot be listed. */
static char *list_initramfs(const struct root *root, const char *path)
{
    char full[PATH_MAX];
    char *argv[] = { (char *)"sh", (char *)"-c", (char *)list_script, (char *)"sh", full, NULL };
    AUTO_FREE char *says = NULL;
    struct err ignored;
    int rc = 0;

    snprintf(full, sizeof(full), "%s%s", root_prefix(root), path);
    if (child_run(argv, -1, &rc, &says, &ignored) || rc)
        return NULL;
    return TAKE_PTR(says);
}

static void read_initramfs(struct next_kernel *k, const struct root *root)
{
    static const char *const names[][2] = { { "initrd.img-", "" }, { "initramfs-", ".img" },
                                            { "initrd-", "" } };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[160];

        snprintf(path, sizeof(path), "boot/%s%s%s", names[i][0], k->version, names[i][1]);
        if (!root_existsf(root, "%s", path))
            continue;
        snprintf(k->initramfs, sizeof(k->initramfs), "/%s", path);
        k->built = written(root, path);
        k->files = list_initramfs(root, k->initramfs);
        k->listed = k->files != NULL;
        return;
    }
}

/* Reads `module2 /boot/vmlinuz-VERSION ...` after a line that starts Xen. */
static int read_entry(struct next_kernel *k, const char *config)
{
    struct boot_line line = { .next = config, .number = 0 };
    char image[160];
    bool xen = false;
    int rc;

    snprintf(image, sizeof(image), "vmlinuz-%s ", k->version);
    while ((rc = boot_line_next(&line)) > 0 && !k->line) {
        char title[96];

        if (boot_line_title(&line, title, sizeof(title)))
            xen = false;
        else if (!line.comment && line.grub && strstr(line.command, "multiboot"))
            xen = true;
        else if (!line.comment && xen && !strncmp(line.command, "module", 6) &&
                 strstr(line.text, image))
            k->line = strdup(line.text);
    }
    boot_line_clear(&line);
    k->entry = k->line != NULL;
    return rc < 0 ? -ENOMEM : 0;
}

static bool plain_version(const char *name)
{
    return !name[strspn(name, TEXT_ALNUM "._+~-")];
}

static int by_version(const void *a, const void *b)
{
    return strverscmp(((const struct next_kernel *)b)->version,
                      ((const struct next_kernel *)a)->version);
}

static int read_kernels(struct next_boot *next, const struct root *root, const char *config,
                        struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "lib/modules");
    struct dirent *entry;

    while (dir && (entry = root_readdir(dir))) {
        struct next_kernel k = { .listed = false };

        if (!plain_version(entry->d_name) ||
            !root_existsf(root, "lib/modules/%s/modules.dep", entry->d_name))
            continue;
        snprintf(k.version, sizeof(k.version), "%.127s", entry->d_name);
        k.pciback = boot_module_find(root, k.version, "xen-pciback");
        read_initramfs(&k, root);
        if ((config && read_entry(&k, config)) || ARRAY_GROW(next->kernels, next->n)) {
            free(k.files);
            free(k.line);
            return err_nomem(e);
        }
        next->kernels[next->n++] = k;
    }
    if (next->n)
        qsort(next->kernels, next->n, sizeof(*next->kernels), by_version);
    return 0;
}

/*
 * A crash kernel is not dom0, so xen-pciback does not load there (xen_pcibk_init()).  But a
 * driver_override still keeps the dump device from its driver.
 */
static void read_crash(struct next_boot *next, const struct root *root, const char *version)
{
    char paths[3][192];

    snprintf(paths[0], sizeof(paths[0]), "/var/lib/kdump/initrd.img-%s", version);
    snprintf(paths[1], sizeof(paths[1]), "/boot/initramfs-%skdump.img", version);
    snprintf(paths[2], sizeof(paths[2]), "/boot/initrd-%s-kdump", version);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        AUTO_FREE char *files = NULL;

        if (next->n_crash == ARRAY_LEN(next->crash) || !root_existsf(root, "%s", paths[i] + 1))
            continue;
        files = list_initramfs(root, paths[i]);
        if (files && strstr(files, hide_file_path(HIDE_FILE_UDEV)))
            memcpy(next->crash[next->n_crash++], paths[i], sizeof(paths[i]));
    }
}

static void read_unified(struct next_boot *next, const struct root *root)
{
    static const char *const folders[] = { "boot/efi/EFI/Linux", "efi/EFI/Linux",
                                           "boot/EFI/Linux" };

    for (size_t i = 0; i < ARRAY_LEN(folders) && !*next->unified; i++) {
        AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "%s", folders[i]);
        struct dirent *entry;

        while (dir && !*next->unified && (entry = root_readdir(dir)))
            if (strstr(entry->d_name, ".efi"))
                snprintf(next->unified, sizeof(next->unified), "/%s/%.100s", folders[i],
                         entry->d_name);
    }
}

static char *read_config(struct next_boot *next, const struct root *root)
{
    static const char *const paths[] = { "boot/grub/grub.cfg", "boot/grub2/grub.cfg" };
    char *text = NULL;

    for (size_t i = 0; i < ARRAY_LEN(paths) && !text; i++) {
        text = dropin_read(root, paths[i]);
        if (text)
            snprintf(next->config, sizeof(next->config), "/%s", paths[i]);
    }
    return text;
}

int hide_next_read(struct next_boot *ret, const struct root *root, struct err *e)
{
    AUTO_FREE char *config = read_config(ret, root);
    int r = hide_sources_read(root, &ret->sources, &ret->n_sources, e);

    ret->maker = boot_initramfs(root);
    if (!r) {
        ret->changed = calloc(ret->n_sources + 1, sizeof(*ret->changed));
        r = ret->changed ? read_kernels(ret, root, config, e) : err_nomem(e);
    }
    for (size_t i = 0; !r && i < ret->n_sources; i++)
        ret->changed[i] = written(root, ret->sources[i].path + 1);
    for (size_t i = 0; !r && i < ret->n; i++) {
        hide_next_judge(ret, &ret->kernels[i]);
        read_crash(ret, root, ret->kernels[i].version);
    }
    read_unified(ret, root);
    return r;
}

void hide_next_clear(struct next_boot *next)
{
    for (size_t i = 0; i < next->n; i++) {
        free(next->kernels[i].files);
        free(next->kernels[i].line);
    }
    free(next->kernels);
    free(next->changed);
    hide_sources_free(next->sources, next->n_sources);
}
