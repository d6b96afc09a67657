/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pci/config_dump.h"
#include "pci/dump_scan.h"
#include "pci/pci_names.h"

#define DEVICES "sys/bus/pci/devices"
#define PROBLEMS_MAX 8

#define CLASS_BRIDGE 0x06

struct inventory {
    struct pci_names *names;
    struct pci_function *functions;
    size_t n;
    struct config_dump dump;
    char problems[PROBLEMS_MAX][200];
    size_t n_problems;
};

static int by_bdf(const void *a, const void *b)
{
    return bdf_compare(((const struct pci_function *)a)->bdf,
                       ((const struct pci_function *)b)->bdf);
}

__attribute__((format(printf, 2, 3)))
static void problem(struct inventory *inv, const char *fmt, ...)
{
    size_t size = sizeof(inv->problems[0]);
    va_list ap;

    if (inv->n_problems++ < PROBLEMS_MAX) {
        va_start(ap, fmt);
        vsnprintf(inv->problems[inv->n_problems - 1], size, fmt, ap);
        va_end(ap);
    } else {
        snprintf(inv->problems[PROBLEMS_MAX - 1], size, "%zu more problems",
                 inv->n_problems - PROBLEMS_MAX + 1);
    }
}

const char *inventory_problem(const struct inventory *inv, size_t i)
{
    return i < inv->n_problems && i < PROBLEMS_MAX ? inv->problems[i] : NULL;
}

const uint8_t *inventory_dump(const struct inventory *inv, struct bdf bdf, size_t *len)
{
    const struct dumped *d = config_dump_find(&inv->dump, bdf);

    *len = d ? d->len : 0;
    return d ? d->bytes : NULL;
}

/* Reads "DDDDDDDD" at *p and the tag after it; moves *p past both. */
static bool hex_field(const char **p, const char *tag, size_t digits, uint32_t *ret)
{
    uint32_t value = 0;

    if (strncmp(*p, tag, strlen(tag)))
        return false;
    *p += strlen(tag);
    for (; digits; digits--, (*p)++) {
        char c = **p;

        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if (c >= 'A' && c <= 'F')
            value = value << 4 | (uint32_t)(c - 'A' + 10);
        else
            return false;
    }
    *ret = value;
    return true;
}

/*
 * All IDs in one read: "pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00", as the kernel has
 * them (drivers/pci/pci-sysfs.c modalias_show()).
 */
static bool ids_from_modalias(const char *p, struct pci_function *f)
{
    uint32_t vendor, device, sv, sd, base, sub, interface;

    if (!hex_field(&p, "pci:v", 8, &vendor) || !hex_field(&p, "d", 8, &device) ||
        !hex_field(&p, "sv", 8, &sv) || !hex_field(&p, "sd", 8, &sd) ||
        !hex_field(&p, "bc", 2, &base) || !hex_field(&p, "sc", 2, &sub) ||
        !hex_field(&p, "i", 2, &interface) || vendor > PCI_NO_ID || device > PCI_NO_ID)
        return false;
    f->vendor = (uint16_t)vendor;
    f->device = (uint16_t)device;
    f->class = base << 16 | sub << 8 | interface;
    return true;
}

static bool read_hex(int folder, const char *name, unsigned long max, unsigned long *ret)
{
    char text[32], *end;
    unsigned long value;

    if (root_read_at(folder, name, text, sizeof(text)) <= 0)
        return false;
    value = strtoul(text, &end, 16);
    if (end == text || *end || value > max)
        return false;
    *ret = value;
    return true;
}

/* The IDs from separate attributes: old captures have no modalias. */
static bool ids_from_attributes(int folder, struct pci_function *f)
{
    unsigned long vendor, device, class;

    if (!read_hex(folder, "vendor", PCI_NO_ID, &vendor) ||
        !read_hex(folder, "device", PCI_NO_ID, &device) ||
        !read_hex(folder, "class", 0xffffff, &class))
        return false;
    f->vendor = (uint16_t)vendor;
    f->device = (uint16_t)device;
    f->class = (uint32_t)class;
    return true;
}

static bool ids_from_space(const struct inventory *inv, int folder, struct pci_function *f)
{
    AUTO_CLOSE int fd = root_open_at(folder, "config");
    uint8_t bytes[64];
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    const uint8_t *dumped;
    size_t len;

    if (n > 0 && function_ids_from_config(bytes, (size_t)n, f))
        return true;
    dumped = inventory_dump(inv, f->bdf, &len);
    return dumped && function_ids_from_config(dumped, len, f);
}

/* Most links point straight into sys/devices; opening that path is twice as fast. */
int inventory_open_file(const struct root *root, const struct pci_function *f, const char *name,
                        int flags)
{
    static const char straight[] = "../../../devices/";
    size_t len = sizeof(straight) - 1;

    if (f->link && !strncmp(f->link, straight, len) && !strstr(f->link + len, "..")) {
        int fd;

        if (*name && !root_is_host(root)) {
            AUTO_CLOSE int folder = root_openf(root, O_PATH | O_DIRECTORY, "sys/devices/%s",
                                               f->link + len);

            fd = folder < 0 ? folder : root_open_at(folder, name); /* with one walk of the path */
        } else {
            fd = root_openf(root, flags, "sys/devices/%s/%s", f->link + len, name);
        }
        if (fd >= 0)
            return fd;
    }
    return root_openf(root, flags, DEVICES "/%s/%s", BDF_STR(f->bdf), name);
}

static char *read_link(int devices, struct bdf bdf)
{
    char link[PATH_MAX];
    ssize_t len = readlinkat(devices, BDF_STR(bdf), link, sizeof(link) - 1);

    link[len > 0 ? len : 0] = '\0';
    return *link ? strdup(link) : NULL;
}

/* A VF is never a bridge (SR-IOV 3.4.1.12). */
static void read_physfn(struct pci_function *f, const char *name)
{
    f->vf = bdf_from_sysfs(name, strlen(name), &f->pf);
}

/* With half of the calls to a kernel that is trusted; false where something is not as usual. */
static bool read_host_function(const struct root *root, struct pci_function *f)
{
    AUTO_CLOSE int fd = inventory_open_file(root, f, "modalias", O_RDONLY);
    char text[128], pf[64] = "";
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    text[len > 0 ? len : 0] = '\0';
    if (!ids_from_modalias(text, f))
        return false;
    f->bridge = f->class >> 16 == CLASS_BRIDGE;
    root_link_name(root, f->driver, sizeof(f->driver), DEVICES "/%s/driver", BDF_STR(f->bdf));
    if (!f->bridge)
        root_link_name(root, pf, sizeof(pf), DEVICES "/%s/physfn", BDF_STR(f->bdf));
    read_physfn(f, pf);
    return true;
}

/* False when the function has disappeared. */
static bool read_function(struct inventory *inv, const struct root *root, int devices,
                          struct bdf bdf, struct pci_function *f)
{
    AUTO_CLOSE int folder = -1;
    char text[128], pf[64];

    *f = (struct pci_function){ bdf, PCI_NO_ID, PCI_NO_ID, .class = PCI_NO_CLASS };
    f->link = read_link(devices, bdf);
    if (root_is_host(root) && read_host_function(root, f))
        return true;
    folder = inventory_open_file(root, f, "", O_PATH | O_DIRECTORY);
    if (folder < 0)
        return false;
    if ((root_read_at(folder, "modalias", text, sizeof(text)) <= 0 ||
         !ids_from_modalias(text, f)) && !ids_from_attributes(folder, f) &&
        !ids_from_space(inv, folder, f)) {
        if (!root_existsf(root, DEVICES "/%s", BDF_STR(bdf)))
            return false;
        problem(inv, "%s: its ids cannot be read", BDF_STR(bdf));
    }
    f->bridge = f->class >> 16 == CLASS_BRIDGE;
    root_link_name_at(folder, "driver", f->driver, sizeof(f->driver));
    if (f->bridge)
        pf[0] = '\0';
    else
        root_link_name_at(folder, "physfn", pf, sizeof(pf));
    read_physfn(f, pf);
    return true;
}

/* A name for a message, without bytes that could act on a terminal. */
static const char *printable(const char *name, char buf[64])
{
    size_t i;

    for (i = 0; i < 63 && name[i]; i++)
        buf[i] = name[i] > ' ' && name[i] < 127 ? name[i] : '?';
    buf[i] = '\0';
    return buf;
}

static int scan_sysfs(struct inventory *inv, const struct root *root, DIR *dir, struct err *e)
{
    struct dirent *de;

    while ((de = root_readdir(dir))) {
        struct bdf bdf;
        char name[64];

        if (!bdf_from_sysfs(de->d_name, strlen(de->d_name), &bdf)) {
            problem(inv, "'%s' in " DEVICES " is not the address of a function",
                    printable(de->d_name, name));
            continue;
        }
        if (ARRAY_GROW(inv->functions, inv->n))
            return err_nomem(e);
        if (read_function(inv, root, dirfd(dir), bdf, &inv->functions[inv->n])) {
            inv->n++;
            continue;
        }
        free(inv->functions[inv->n].link);
        if (!root_is_host(root))
            problem(inv, "%s: its link leads nowhere", BDF_STR(bdf));
    }
    return 0;
}

static int scan_dump(struct inventory *inv, struct err *e)
{
    inv->functions = calloc(inv->dump.n, sizeof(*inv->functions));
    if (!inv->functions)
        return err_nomem(e);
    inv->n = inv->dump.n;
    dump_scan(&inv->dump, inv->names, inv->functions);
    for (size_t i = 0; i < inv->n; i++) {
        struct pci_function *f = &inv->functions[i];

        if (f->vendor == PCI_NO_ID && f->class == PCI_NO_CLASS)
            problem(inv, "%s: its ids cannot be read", BDF_STR(f->bdf));
        f->bridge = f->class >> 16 == CLASS_BRIDGE;
    }
    return 0;
}

static int read_dump(struct inventory *inv, const struct root *root, struct err *e)
{
    int fd = root_openf(root, O_RDONLY, "lspci"), r;
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

    if (!f) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    r = config_dump_read(&inv->dump, f);
    fclose(f);
    if (inv->dump.bad_line)
        problem(inv, "line %u of the file 'lspci' is not as `lspci -xxxx` prints it",
                inv->dump.bad_line);
    return r ? err_nomem(e) : 0;
}

static int scan(struct inventory *inv, const struct root *root, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = NULL;
    int r = root_is_host(root) ? 0 : read_dump(inv, root, e), errnum;

    if (r)
        return r;
    dir = root_opendirf(root, DEVICES);
    errnum = errno;
    if (dir)
        r = scan_sysfs(inv, root, dir, e);
    else if (inv->dump.n)
        r = scan_dump(inv, e);
    else
        r = err_sys(e, XV_CANNOT, errnum, "read the PCI devices: %s/" DEVICES,
                    root_prefix(root));
    if (!r && inv->n)
        qsort(inv->functions, inv->n, sizeof(*inv->functions), by_bdf);
    return r;
}

int inventory_open(struct inventory **ret, const struct root *root, struct err *e)
{
    struct inventory *inv = calloc(1, sizeof(*inv));
    int r;

    if (!inv)
        return err_nomem(e);
    inv->names = pci_names_open();
    r = inv->names ? scan(inv, root, e) : err_nomem(e);
    if (r) {
        inventory_close(inv);
        return r;
    }
    *ret = inv;
    return 0;
}

struct inventory *inventory_close(struct inventory *inv)
{
    if (inv) {
        pci_names_close(inv->names);
        config_dump_clear(&inv->dump);
        for (size_t i = 0; i < inv->n; i++)
            free(inv->functions[i].link);
        free(inv->functions);
        free(inv);
    }
    return NULL;
}

size_t inventory_count(const struct inventory *inv)
{
    return inv->n;
}

const struct pci_function *inventory_at(const struct inventory *inv, size_t i)
{
    return &inv->functions[i];
}

const struct pci_function *inventory_find(const struct inventory *inv, struct bdf bdf)
{
    struct pci_function key = { .bdf = bdf };

    return inv->n ? bsearch(&key, inv->functions, inv->n, sizeof(key), by_bdf) : NULL;
}

int inventory_missing(struct bdf bdf, bool all, struct err *e)
{
    struct bdf_text text = bdf_text(bdf);
    int r;

    if (all)
        text.s[strlen(text.s) - 1] = '*';
    r = err_on(e, XV_NOT_FOUND, ENODEV, text.s, "this host has no such device");
    err_hint(e, "`xvtd list`, or `lspci -D`, shows what it has");
    return r;
}

int inventory_match(const struct inventory *inv, struct bdf_pattern pattern, struct bdf **ret,
                    size_t *n, struct err *e)
{
    struct bdf *found = calloc(8, sizeof(*found)); /* a slot has at most eight */
    size_t count = 0;

    if (!found)
        return err_nomem(e);
    for (size_t i = 0; i < inv->n && count < 8; i++) {
        struct bdf bdf = inv->functions[i].bdf;

        if (bdf_matches(pattern, bdf))
            found[count++] = bdf;
    }
    if (!count) {
        free(found);
        return inventory_missing(pattern.bdf, pattern.all, e);
    }
    *ret = found;
    *n = count;
    return 0;
}

int inventory_add(const struct inventory *inv, struct bdf_pattern pattern, struct bdf **list,
                  size_t *n, struct err *e)
{
    AUTO_FREE struct bdf *found = NULL;
    size_t count = 0;
    int r = inventory_match(inv, pattern, &found, &count, e);

    for (size_t i = 0; !r && i < count; i++)
        r = bdf_add_once(list, n, found[i], e);
    return r;
}

/* A sleeping function's name is only in its line of the dump. */
static bool name_from_dump(const struct inventory *inv, const struct pci_function *f, char *buf,
                           size_t size)
{
    const struct dumped *d = f->vendor == PCI_NO_ID ? config_dump_find(&inv->dump, f->bdf) : NULL;

    if (d)
        title_name(d->title, buf, size);
    return d && *buf;
}

void inventory_name(struct inventory *inv, const struct pci_function *f, char *buf, size_t size)
{
    if (!name_from_dump(inv, f, buf, size))
        pci_names_device(inv->names, f->vendor, f->device, buf, size);
}

void inventory_short_name(struct inventory *inv, const struct pci_function *f, char *buf,
                          size_t size)
{
    if (!name_from_dump(inv, f, buf, size))
        pci_names_short(inv->names, f->vendor, f->device, buf, size);
}

void inventory_class_name(struct inventory *inv, const struct pci_function *f, char *buf,
                          size_t size)
{
    pci_names_class(inv->names, (uint16_t)(f->class >> 8), buf, size);
}
