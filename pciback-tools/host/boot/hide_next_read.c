/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/hide_next.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/text.h"
#include "boot/hide_files.h"

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
        k->built = hide_next_written(root, path);
        k->files = list_initramfs(root, k->initramfs);
        k->listed = k->files != NULL;
        return;
    }
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

static int read_kernels(struct next_boot *next, const struct root *root, struct err *e)
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
        if (ARRAY_GROW(next->kernels, next->n)) {
            free(k.files);
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
static void read_crash(struct next_boot *next, const struct root *root, const char *path)
{
    AUTO_FREE char *files = NULL;

    if (next->n_crash == ARRAY_LEN(next->crash) || !root_existsf(root, "%s", path + 1))
        return;
    files = list_initramfs(root, path);
    if (files && strstr(files, hide_file_path(HIDE_FILE_UDEV)))
        snprintf(next->crash[next->n_crash++], sizeof(next->crash[0]), "%s", path);
}

/* Debian's and SUSE's folder, and files beside the others. */
static void read_crashes(struct next_boot *next, const struct root *root)
{
    static const char *const names[][2] = {
        { "/var/lib/kdump/initrd.img-", "" }, { "/boot/initramfs-", "kdump.img" },
        { "/boot/initrd-", "-kdump" },
    };

    read_crash(next, root, "/var/lib/kdump/initrd");
    for (size_t i = 0; i < next->n; i++)
        for (size_t k = 0; k < ARRAY_LEN(names); k++) {
            char path[192];

            snprintf(path, sizeof(path), "%s%s%s", names[k][0], next->kernels[i].version,
                     names[k][1]);
            read_crash(next, root, path);
        }
}

/* The firmware's variable: four bytes of attributes, then 1 (UEFI 3.3). */
static bool read_secure_boot(const struct root *root)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, "sys/firmware/efi/efivars/SecureBoot-"
                                   "8be4df61-93ca-11d2-aa0d-00e098032b8c");
    uint8_t value[5];

    return fd >= 0 && read(fd, value, sizeof(value)) == (ssize_t)sizeof(value) && value[4] == 1;
}

int hide_next_read(struct next_boot *ret, const struct root *root, struct err *e)
{
    int r = hide_sources_read(root, &ret->sources, &ret->n_sources, e);

    ret->maker = boot_initramfs(root);
    if (!r) {
        ret->changed = calloc(ret->n_sources + 1, sizeof(*ret->changed));
        r = ret->changed ? read_kernels(ret, root, e) : err_nomem(e);
    }
    if (!r)
        r = hide_next_entries(ret, root, e);
    for (size_t i = 0; !r && i < ret->n_sources; i++)
        ret->changed[i] = hide_next_written(root, ret->sources[i].path + 1);
    for (size_t i = 0; !r && i < ret->n; i++)
        hide_next_judge(ret, &ret->kernels[i]);
    if (!r)
        read_crashes(ret, root);
    ret->secure_boot = read_secure_boot(root);
    return r;
}

void hide_next_clear(struct next_boot *next)
{
    for (size_t i = 0; i < next->n; i++) {
        struct next_kernel *k = &next->kernels[i];

        for (size_t j = 0; j < k->n_entries; j++)
            free(k->entries[j].line);
        free(k->entries);
        free(k->files);
    }
    xen_efi_free(&next->efis);
    free(next->kernels);
    free(next->changed);
    hide_sources_free(next->sources, next->n_sources);
}
