/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/kdev.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder of each kind, and the prefixes of the names that count. */
static const struct {
    const char *folder, *prefix;
} classes[] = {
    [KDEV_NET] = { "sys/class/net", "" },
    [KDEV_NVME] = { "sys/class/nvme", "nvme" },
    [KDEV_BLOCK] = { "sys/class/block", "" },
    [KDEV_DRM] = { "sys/class/drm", "" },
    [KDEV_FB] = { "sys/class/graphics", "fb" },
    [KDEV_USB] = { "sys/bus/usb/devices", "usb" },
    [KDEV_INPUT] = { "sys/class/input", "input" },
    [KDEV_RDMA] = { "sys/class/infiniband", "" },
    [KDEV_VIDEO] = { "sys/class/video4linux", "video" },
    [KDEV_WATCHDOG] = { "sys/class/watchdog", "watchdog" },
    [KDEV_TPM] = { "sys/class/tpm", "tpm" },
};

/* One kdev, for one of the functions on its path. */
struct entry {
    struct bdf bdf;
    size_t kdev;
    bool own;       /* the last function on the path, which drives it */
};

struct kdevs {
    const struct root *root;
    struct kdev *all;
    size_t n;
    struct entry *entries;  /* ascending by function, then kind, then name */
    size_t n_entries;
};

int kdev_resolve(const struct root *root, char ret[PATH_MAX], const char *link)
{
    char target[PATH_MAX];
    const char *p = target;
    int r = root_readlinkf(root, target, "%s", link);

    if (r)
        return r;
    /* A relative link: any number of "../", which all end in sys/. */
    while (!strncmp(p, "../", 3))
        p += 3;
    if (snprintf(ret, PATH_MAX, "sys/%s", p) >= PATH_MAX)
        return -ENAMETOOLONG;
    return 0;
}

static int add_kdev(struct kdevs *k, enum kdev_kind kind, const char *name, const char *path,
                    struct err *e)
{
    struct kdev dev = { .kind = kind, .name = strdup(name), .path = strdup(path) };

    if (!dev.name || !dev.path || ARRAY_GROW(k->all, k->n)) {
        free((char *)dev.name);
        free((char *)dev.path);
        return err_nomem(e);
    }
    k->all[k->n++] = dev;
    return 0;
}

static int read_class(struct kdevs *k, enum kdev_kind kind, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(k->root, "%s", classes[kind].folder);
    struct dirent *de;
    int r = 0;

    if (!dir && errno != ENOENT)
        return err_sys(e, XV_CANNOT, errno, "read /%s", classes[kind].folder);
    while (!r && dir && (de = root_readdir(dir))) {
        char link[PATH_MAX], path[PATH_MAX];

        if (strncmp(de->d_name, classes[kind].prefix, strlen(classes[kind].prefix)))
            continue;
        snprintf(link, sizeof(link), "%s/%s", classes[kind].folder, de->d_name);
        /* Entries that are not links are no devices (bonding_masters); a device may disappear. */
        if (!kdev_resolve(k->root, path, link))
            r = add_kdev(k, kind, de->d_name, path, e);
    }
    return r;
}

/* Reads the component of a path at p as a function's address. */
static bool is_function(const char *p, struct bdf *ret)
{
    size_t len = strcspn(p, "/");
    char text[BDF_TEXT_MAX];
    struct err ignored;

    if (len < strlen("0000:00:00.0") || len >= sizeof(text) || p[len - 2] != '.')
        return false;
    memcpy(text, p, len);
    text[len] = '\0';
    return !bdf_parse(text, ret, &ignored);
}

static int add_entries(struct kdevs *k, size_t kdev, struct err *e)
{
    const char *p = k->all[kdev].path;
    bool any = false;

    if (strncmp(p, "sys/devices/pci", 15))
        return 0;
    while ((p = strchr(p, '/'))) {
        struct entry entry = { .kdev = kdev, .own = true };

        if (!is_function(++p, &entry.bdf))
            continue;
        if (ARRAY_GROW(k->entries, k->n_entries))
            return err_nomem(e);
        if (any)
            k->entries[k->n_entries - 1].own = false;
        any = true;
        k->entries[k->n_entries++] = entry;
    }
    return 0;
}

static int compare_kdevs(const void *a, const void *b)
{
    const struct kdev *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strverscmp(x->name, y->name);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int r = bdf_compare(x->bdf, y->bdf);

    if (r)
        return r;
    return (x->kdev > y->kdev) - (x->kdev < y->kdev);
}

int kdevs_open(struct kdevs **ret, const struct root *root, struct err *e)
{
    CLEANUP(kdevs_close_p) struct kdevs *k = calloc(1, sizeof(*k));
    int r = 0;

    if (!k)
        return err_nomem(e);
    k->root = root;
    for (unsigned kind = 0; !r && kind < ARRAY_LEN(classes); kind++)
        r = read_class(k, kind, e);
    if (r)
        return r;
    if (k->n)
        qsort(k->all, k->n, sizeof(*k->all), compare_kdevs);
    for (size_t i = 0; !r && i < k->n; i++)
        r = add_entries(k, i, e);
    if (r)
        return r;
    if (k->n_entries)
        qsort(k->entries, k->n_entries, sizeof(*k->entries), compare_entries);
    *ret = TAKE_PTR(k);
    return 0;
}

struct kdevs *kdevs_close(struct kdevs *k)
{
    if (!k)
        return NULL;
    for (size_t i = 0; i < k->n; i++) {
        free((char *)k->all[i].name);
        free((char *)k->all[i].path);
    }
    free(k->all);
    free(k->entries);
    free(k);
    return NULL;
}

size_t kdevs_count(const struct kdevs *k)
{
    return k->n;
}

const struct kdev *kdevs_at(const struct kdevs *k, size_t i)
{
    return &k->all[i];
}

const struct kdev *kdevs_named(const struct kdevs *k, enum kdev_kind kind, const char *name)
{
    struct kdev key = { .kind = kind, .name = name };

    return k->n ? bsearch(&key, k->all, k->n, sizeof(key), compare_kdevs) : NULL;
}

/* The first entry of this function, or of the next one that has any. */
static size_t first_entry(const struct kdevs *k, struct bdf bdf)
{
    size_t low = 0, high = k->n_entries;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bdf_compare(k->entries[middle].bdf, bdf) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct kdev *kdevs_below(const struct kdevs *k, struct bdf bdf, size_t i)
{
    i += first_entry(k, bdf);
    return i < k->n_entries && bdf_equal(k->entries[i].bdf, bdf) ? &k->all[k->entries[i].kdev]
                                                                : NULL;
}

const char *kdevs_shared(const struct kdevs *k, const struct kdev *dev)
{
    unsigned subsystem, controller, ns;
    const struct kdev *seen;
    char text[64];
    int end = 0;

    if (dev->kind != KDEV_BLOCK ||
        sscanf(dev->name, "nvme%uc%un%u%n", &subsystem, &controller, &ns, &end) != 3 ||
        dev->name[end])
        return NULL;
    snprintf(text, sizeof(text), "nvme%un%u", subsystem, ns);
    seen = kdevs_named(k, KDEV_BLOCK, text);
    return seen ? seen->name : NULL;
}

const struct kdev *kdevs_disk(const struct kdevs *k, const struct kdev *dev)
{
    const char *end = strrchr(dev->path, '/'), *name = end;
    char disk[NAME_MAX + 1];

    while (name > dev->path && name[-1] != '/')
        name--;
    snprintf(disk, sizeof(disk), "%.*s", (int)(end - name), name);
    return kdevs_named(k, KDEV_BLOCK, disk);
}

/* A one-word name for a person, or NULL when another device's name is enough. */
static const char *public_name(const struct kdevs *k, const struct kdev *dev)
{
    const char *shared;

    switch (dev->kind) {
    case KDEV_BLOCK:
        if (kdevs_disk(k, dev))
            return NULL;
        shared = kdevs_shared(k, dev);
        return shared ? shared : dev->name;
    case KDEV_DRM: /* not "card0-DP-1", "renderD128" */
        return !strncmp(dev->name, "card", 4) && !strchr(dev->name, '-') ? dev->name : NULL;
    case KDEV_FB:
    case KDEV_INPUT:
        return NULL;
    default:
        return dev->name;
    }
}

const char *kdevs_used_as(const struct kdevs *k, struct bdf bdf, size_t i)
{
    for (size_t j = first_entry(k, bdf);
         j < k->n_entries && bdf_equal(k->entries[j].bdf, bdf); j++) {
        const char *name = k->entries[j].own ? public_name(k, &k->all[k->entries[j].kdev]) : NULL;

        if (name && i-- == 0)
            return name;
    }
    return NULL;
}

/* True for the disk's name and its partitions' ("nvme0n1p2"). */
static bool is_disk_or_part(const char *disk, const char *name)
{
    size_t len = strlen(disk);

    return !strncmp(disk, name, len) && (name[len] == '\0' || name[len] == 'p');
}

/* The function that drives the device of that name. */
static bool find_owner(const struct kdevs *k, const char *name, struct bdf *ret)
{
    for (size_t i = 0; i < k->n_entries; i++) {
        const struct kdev *dev = &k->all[k->entries[i].kdev];
        const char *shared = kdevs_shared(k, dev);

        if (k->entries[i].own && dev->kind <= KDEV_BLOCK &&
            (!strcmp(dev->name, name) || (shared && is_disk_or_part(shared, name)))) {
            *ret = k->entries[i].bdf;
            return true;
        }
    }
    return false;
}

int kdevs_find(const struct kdevs *k, const char *name, struct bdf *ret, struct err *e)
{
    AUTO_FREE char *real = NULL;
    char wanted[PATH_MAX];

    if (!strncmp(name, "/dev/", 5) && root_is_host(k->root))
        real = realpath(name, NULL);
    snprintf(wanted, sizeof(wanted), "%s", real ? real : name);
    if (!strncmp(wanted, "/dev/", 5)) {
        memmove(wanted, wanted + 5, strlen(wanted + 5) + 1);
        /* the kernel writes "!" for a folder in /dev: cciss!c0d0 */
        for (char *slash = wanted; (slash = strchr(slash, '/')); )
            *slash = '!';
    }
    if (find_owner(k, wanted, ret))
        return 0;
    if (kdevs_named(k, KDEV_NET, wanted) || kdevs_named(k, KDEV_BLOCK, wanted))
        return err_on(e, XV_NOT_FOUND, ENODEV, name,
                      "it does not belong to one PCI device: it uses other devices or none");
    return err_on(e, XV_NOT_FOUND, ENODEV, name, "no such interface or block device");
}
