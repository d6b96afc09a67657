/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_kernel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver/module.h"
#include "driver/sysfs_write.h"
#include "fake_tree.h"

#define MAX 32
#define NAME 64
#define BUS "sys/bus/pci"

struct fake_driver {
    char name[NAME];
    bool broken;
};

struct fake_device {
    char bdf[BDF_TEXT_MAX];
    char path[PATH_MAX];
    char native[NAME], driver[NAME], override[NAME];
    unsigned total_vfs, vfs;
    bool vf_autoprobe;
    char vf_parent[BDF_TEXT_MAX];
};

static struct fake_kernel {
    struct fake_driver drivers[MAX];
    struct fake_device devices[MAX];
    char slots[MAX][BDF_TEXT_MAX];      /* pciback's pcistub_device_ids */
    size_t n_drivers, n_devices, n_slots;
    enum fake_module module;
    char *journal[512];
    size_t n_journal;
    unsigned fail_in;
    int fail_errno;
    bool fail_onwards;
} k;
static struct fake_kernel saved;    /* devices and slots are */

static struct fake_kernel *handed;  /* shared with child processes */

void (*kernel_hook)(void);

void kernel_begin(void)
{
    memset(&k, 0, sizeof(k));
    kernel_hook = NULL;
    if (!handed)
        handed = mmap(NULL, sizeof(*handed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                      -1, 0);
    tree_begin();
    tree_mkdir(BUS "/devices");
    tree_mkdir(BUS "/drivers");
    tree_write("", BUS "/drivers_probe");
    tree_mkdir("run");
    tree_mkdir("var/lib");
    tree_mkdir("sys/class/net");
    tree_mkdir("sys/class/block");
    tree_mkdir("sys/dev/block");
    tree_write("21 1 0:20 / /sys rw - sysfs sysfs rw\n", "proc/1/mountinfo");
    tree_write("Filename\tType\tSize\tUsed\tPriority\n", "proc/swaps");
}

void kernel_end(void)
{
    kernel_forget();
    tree_end();
}

static struct fake_driver *find_driver(const char *name)
{
    for (size_t i = 0; i < k.n_drivers; i++)
        if (!strcmp(k.drivers[i].name, name))
            return &k.drivers[i];
    return NULL;
}

/* The kernel compares with sysfs_streq(): a newline at the end does not matter. */
static struct fake_device *find_device(const char *bdf)
{
    for (size_t i = 0; i < k.n_devices; i++)
        if (!strncmp(k.devices[i].bdf, bdf, strcspn(bdf, "\n")) &&
            strlen(k.devices[i].bdf) == strcspn(bdf, "\n"))
            return &k.devices[i];
    return NULL;
}

static struct fake_device *need_device(const char *bdf)
{
    struct fake_device *dev = find_device(bdf);

    if (!dev)
        fail_msg("the fake kernel has no device %s", bdf);
    return dev;
}

static void set_driver(struct fake_device *dev, const char *driver);

void kernel_add_driver(const char *name)
{
    struct fake_driver *d = &k.drivers[k.n_drivers++];

    snprintf(d->name, sizeof(d->name), "%s", name);
    tree_write("", BUS "/drivers/%s/bind", name);
    tree_write("", BUS "/drivers/%s/unbind", name);
    if (!strcmp(name, "pciback")) {
        tree_write("", BUS "/drivers/pciback/new_slot");
        tree_write("", BUS "/drivers/pciback/remove_slot");
    }
}

void kernel_remove_driver(const char *name)
{
    static const char *const attributes[] = { "bind", "unbind", "new_slot", "remove_slot" };
    struct fake_driver *d = find_driver(name);

    for (size_t i = 0; i < k.n_devices; i++)
        if (!strcmp(k.devices[i].driver, name))
            set_driver(&k.devices[i], "");
    *d = k.drivers[--k.n_drivers];
    if (!strcmp(name, "pciback"))
        k.n_slots = 0;
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        tree_remove(BUS "/drivers/%s/%s", name, attributes[i]);
    tree_remove(BUS "/drivers/%s", name);
}

void kernel_break_driver(const char *name, bool broken)
{
    find_driver(name)->broken = broken;
}

static void write_override(const struct fake_device *dev)
{
    char text[NAME + 1];

    snprintf(text, sizeof(text), "%s\n", *dev->override ? dev->override : "(null)");
    tree_write(text, "%s/driver_override", dev->path);
}

/*
 * Configuration space of a PCI Express function that keeps to itself: a root port when
 * it is a bridge, with Access Control Services as its first extended capability.
 */
static void write_config(const struct fake_device *dev, struct fake_ids ids)
{
    bool bridge = ids.class >> 16 == 0x06;
    uint8_t config[0x108] = {
        [0x00] = ids.vendor & 0xff, [0x01] = ids.vendor >> 8,
        [0x02] = ids.device & 0xff, [0x03] = ids.device >> 8,
        [0x06] = 0x10,                      /* status: there are capabilities */
        [0x0a] = ids.class >> 8 & 0xff, [0x0b] = ids.class >> 16 & 0xff,
        [0x0e] = bridge ? 1 : 0,            /* header type */
        [0x34] = 0x40,                      /* the first capability */
        [0x40] = 0x10, [0x42] = bridge ? 0x42 : 0x02, /* PCI Express 2, port type */
        [0x100] = 0x0d, [0x102] = 0x01,     /* ACS, version 1, the last one */
        [0x104] = 0x1f, [0x106] = 0x1d,     /* what it can do; what is switched on */
    };

    tree_write_bytes(config, sizeof(config), "%s/config", dev->path);
}

void kernel_add_device(const char *bdf, const char *parent, struct fake_ids ids,
                       const char *native)
{
    struct fake_device *dev = &k.devices[k.n_devices++];
    char link[128], hex[16];

    snprintf(dev->bdf, sizeof(dev->bdf), "%s", bdf);
    if (k.n_devices > MAX)
        fail_msg("too many devices for the fake kernel");
    snprintf(dev->native, sizeof(dev->native), "%s", native);
    if (parent)
        snprintf(dev->path, sizeof(dev->path), "%.200s/%s", need_device(parent)->path, bdf);
    else
        snprintf(dev->path, sizeof(dev->path), "sys/devices/pci%.*s/%s",
                 (int)(strrchr(bdf, ':') - bdf), bdf, bdf);
    snprintf(hex, sizeof(hex), "0x%04x\n", ids.vendor);
    tree_write(hex, "%s/vendor", dev->path);
    snprintf(hex, sizeof(hex), "0x%04x\n", ids.device);
    tree_write(hex, "%s/device", dev->path);
    tree_write("0x0000\n", "%s/subsystem_vendor", dev->path);
    tree_write("0x0000\n", "%s/subsystem_device", dev->path);
    snprintf(hex, sizeof(hex), "0x%06x\n", ids.class);
    tree_write(hex, "%s/class", dev->path);
    tree_write("0\n", "%s/irq", dev->path);
    tree_write("pm\n", "%s/reset_method", dev->path);
    tree_write("0x0000000000000000 0x0000000000000000 0x0000000000000000\n", "%s/resource",
               dev->path);
    write_config(dev, ids);
    write_override(dev);
    snprintf(link, sizeof(link), BUS "/devices/%s", bdf);
    tree_sys_link(link, dev->path);
}

static void write_number(const struct fake_device *dev, const char *attr, unsigned n)
{
    char text[16];

    snprintf(text, sizeof(text), "%u\n", n);
    tree_write(text, "%s/%s", dev->path, attr);
}

void kernel_add_sriov(const char *bdf, const char *parent, unsigned total)
{
    struct fake_device *dev = need_device(bdf);

    dev->total_vfs = total;
    dev->vf_autoprobe = true;
    snprintf(dev->vf_parent, sizeof(dev->vf_parent), "%s", parent);
    write_number(dev, "sriov_totalvfs", total);
    write_number(dev, "sriov_numvfs", 0);
    write_number(dev, "sriov_drivers_autoprobe", 1);
}

static void set_driver(struct fake_device *dev, const char *driver)
{
    char link[PATH_MAX + 8], target[PATH_MAX];

    if (*dev->driver) {
        tree_remove("%s/driver", dev->path);
        tree_remove(BUS "/drivers/%s/%s", dev->driver, dev->bdf);
    }
    snprintf(dev->driver, sizeof(dev->driver), "%s", driver);
    if (!*driver)
        return;
    snprintf(link, sizeof(link), "%s/driver", dev->path);
    snprintf(target, sizeof(target), BUS "/drivers/%s", driver);
    tree_sys_link(link, target);
    snprintf(link, sizeof(link), BUS "/drivers/%s/%s", driver, dev->bdf);
    tree_sys_link(link, dev->path);
}

static int find_slot(const char *bdf)
{
    for (size_t i = 0; i < k.n_slots; i++)
        if (!strcmp(k.slots[i], bdf))
            return (int)i;
    return -1;
}

static void add_slot(const char *bdf)
{
    snprintf(k.slots[k.n_slots++], BDF_TEXT_MAX, "%s", bdf);
}

void kernel_bind(const char *bdf, const char *driver)
{
    if (!strcmp(driver, "pciback") && find_slot(bdf) < 0)
        add_slot(bdf);
    set_driver(need_device(bdf), driver);
}

void kernel_override(const char *bdf, const char *override)
{
    struct fake_device *dev = need_device(bdf);

    snprintf(dev->override, sizeof(dev->override), "%s", override);
    write_override(dev);
}

const char *kernel_path(const char *bdf)
{
    return need_device(bdf)->path;
}

const char *kernel_driver(struct bdf bdf)
{
    struct fake_device *dev = find_device(BDF_STR(bdf));

    return dev ? dev->driver : "";
}

void kernel_set_module(enum fake_module module)
{
    k.module = module;
}

void kernel_fail(unsigned n, int errnum, bool onwards)
{
    k.fail_in = n;
    k.fail_errno = errnum;
    k.fail_onwards = onwards;
}

size_t kernel_writes(void)
{
    return k.n_journal;
}

const char *kernel_write(size_t i)
{
    return k.journal[i];
}

void kernel_forget(void)
{
    while (k.n_journal)
        free(k.journal[--k.n_journal]);
}

/* pci_match_device(): would the PCI core offer the function to the driver? */
static bool offered(const struct fake_driver *drv, const struct fake_device *dev)
{
    if (*dev->override)
        return !strcmp(dev->override, drv->name);
    return !strcmp(drv->name, "pciback") || !strcmp(drv->name, dev->native);
}

/* The driver's probe(): 0 and bound, or what it says. */
static int probe(const struct fake_driver *drv, struct fake_device *dev)
{
    if (drv->broken)
        return -EIO;
    if (!strcmp(drv->name, "pciback") && find_slot(dev->bdf) < 0) {
        if (strcmp(dev->override, "pciback"))
            return -ENODEV;
        add_slot(dev->bdf);
    }
    set_driver(dev, drv->name);
    return 0;
}

static int write_bind(const struct fake_driver *drv, const char *value)
{
    struct fake_device *dev = find_device(value);

    if (!dev || !offered(drv, dev))
        return -ENODEV;
    return *dev->driver ? -EBUSY : probe(drv, dev);
}

static int write_unbind(const struct fake_driver *drv, const char *value)
{
    struct fake_device *dev = find_device(value);

    if (!dev || strcmp(dev->driver, drv->name))
        return -ENODEV;
    set_driver(dev, "");
    return 0;
}

/* bus_rescan_devices_helper(): success whether or not a driver takes the device. */
static int write_probe(const char *value)
{
    struct fake_device *dev = find_device(value);

    if (!dev)
        return -ENODEV;
    for (size_t i = 0; !*dev->driver && i < k.n_drivers; i++)
        if (offered(&k.drivers[i], dev))
            probe(&k.drivers[i], dev);
    return 0;
}

static int write_slot(const char *value, bool add)
{
    struct err ignored;
    struct bdf bdf;
    int at, removed = 0;

    if (bdf_parse(value, &bdf, &ignored))
        return -EINVAL;
    if (add) {
        add_slot(BDF_STR(bdf));
        return 0;
    }
    while ((at = find_slot(BDF_STR(bdf))) >= 0) {
        memmove(k.slots[at], k.slots[at + 1], (size_t)(MAX - 1 - at) * BDF_TEXT_MAX);
        k.n_slots--;
        removed++;
    }
    return removed ? 0 : -ENOENT;
}

/* driver_set_override() */
static int write_device_override(struct fake_device *dev, const char *value)
{
    size_t len = strcspn(value, "\n");

    snprintf(dev->override, sizeof(dev->override), "%.*s", (int)len, value);
    write_override(dev);
    return 0;
}

/* sriov_numvfs_store(); the functions follow their PF, one by one. */
static int write_numvfs(struct fake_device *pf, const char *value)
{
    unsigned n = (unsigned)strtoul(value, NULL, 10);
    char native[NAME];
    struct bdf bdf;
    struct err ignored;

    if (n > pf->total_vfs)
        return -ERANGE;
    if (!*pf->driver)
        return -ENOENT;
    if (n && pf->vfs)
        return -EBUSY;
    if (bdf_parse(pf->bdf, &bdf, &ignored))
        return -EINVAL;
    strcpy(native, pf->native);
    for (unsigned i = 0; i < n; i++) {
        char link[PATH_MAX + 32];

        bdf.func++;
        kernel_add_device(BDF_STR(bdf), pf->vf_parent,
                          (struct fake_ids){ 0x1b36, 0x0010, 0x010802 }, native);
        snprintf(link, sizeof(link), "%s/virtfn%u", pf->path, i);
        tree_sys_link(link, need_device(BDF_STR(bdf))->path);
        snprintf(link, sizeof(link), "%s/physfn", need_device(BDF_STR(bdf))->path);
        tree_sys_link(link, pf->path);
        if (pf->vf_autoprobe)
            set_driver(need_device(BDF_STR(bdf)), native);
    }
    pf->vfs = n;
    write_number(pf, "sriov_numvfs", n);
    return 0;
}

static int write_sriov(struct fake_device *pf, const char *attr, const char *value)
{
    if (!strcmp(attr, "sriov_numvfs"))
        return write_numvfs(pf, value);
    pf->vf_autoprobe = !strcmp(value, "1");
    write_number(pf, attr, pf->vf_autoprobe);
    return 0;
}

static int write_driver_attr(const struct fake_driver *drv, const char *attr, const char *value)
{
    if (!strcmp(attr, "bind"))
        return write_bind(drv, value);
    if (!strcmp(attr, "unbind"))
        return write_unbind(drv, value);
    if (!strcmp(drv->name, "pciback") && !strcmp(attr, "new_slot"))
        return write_slot(value, true);
    if (!strcmp(drv->name, "pciback") && !strcmp(attr, "remove_slot"))
        return write_slot(value, false);
    fail_msg("driver %s has no attribute %s to write", drv->name, attr);
    return -ENOENT;
}

static int dispatch(const char *path, const char *value)
{
    char name[NAME], attr[NAME];

    if (!strcmp(path, BUS "/drivers_probe"))
        return write_probe(value);
    if (sscanf(path, BUS "/drivers/%63[^/]/%63[^/]", name, attr) == 2) {
        const struct fake_driver *drv = find_driver(name);

        return drv ? write_driver_attr(drv, attr, value) : -ENOENT;
    }
    if (sscanf(path, BUS "/devices/%63[^/]/%63[^/]", name, attr) == 2 &&
        (!strcmp(attr, "driver_override") || !strncmp(attr, "reset", 5) ||
         !strncmp(attr, "sriov_", 6))) {
        struct fake_device *dev = find_device(name);

        if (dev && dev->total_vfs && !strncmp(attr, "sriov_", 6))
            return write_sriov(dev, attr, value);
        if (dev && !strncmp(attr, "reset", 5)) {
            char file[PATH_MAX];

            snprintf(file, sizeof(file), "%s/%s", tree_dir(), path);
            return access(file, F_OK) ? -ENOENT : strcmp(value, "1") ? -EINVAL : 0;
        }
        return dev ? write_device_override(dev, value) : -ENOENT;
    }
    fail_msg("there is no attribute /%s to write", path);
    return -ENOENT;
}

/* Records the write; true when it must fail, with its result in *r. */
__attribute__((format(printf, 2, 3)))
static bool note(int *r, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (k.n_journal == sizeof(k.journal) / sizeof(*k.journal) ||
        vasprintf(&k.journal[k.n_journal], fmt, ap) < 0)
        fail_msg("the fake kernel's journal is full");
    va_end(ap);
    k.n_journal++;
    if (kernel_hook)
        kernel_hook();
    if (!k.fail_in || --k.fail_in)
        return false;
    k.fail_in = k.fail_onwards ? 1 : 0;
    *r = -k.fail_errno;
    return true;
}

int sysfs_write(const struct root *root, const char *path, const char *value)
{
    int r = 0;

    if (strcmp(root_prefix(root), tree_dir()))
        fail_msg("a write to /%s of another machine: '%s'", path, root_prefix(root));
    return note(&r, "%s=%s", path, *value == '\n' ? "" : value) ? r : dispatch(path, value);
}

/* Each module has its driver's name, except one. */
static const char *driver_of(const char *module)
{
    return !strcmp(module, "xen-pciback") ? "pciback" : module;
}

bool module_available(const char *name)
{
    static const char *const modules[] = { "xen-pciback", "pci-stub", "vfio-pci" };
    bool known = false;

    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
        known |= !strcmp(modules[i], name);
    return known && k.module != MODULE_MISSING;
}

int module_load(const char *name, struct err *e)
{
    int r = 0;

    if (note(&r, "load %s", name))
        return err_sys(e, XV_CANNOT, r ? -r : EPERM, "load kernel module: %s", name);
    if (k.module == MODULE_MISSING)
        return err_sys(e, XV_CANNOT, ENOENT, "load kernel module: %s", name);
    if (k.module == MODULE_LOADABLE && !find_driver(driver_of(name)))
        kernel_add_driver(driver_of(name));
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

char *kernel_snapshot(void)
{
    char slots[MAX][BDF_TEXT_MAX], *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (size_t i = 0; i < k.n_devices; i++)
        fprintf(f, "%s driver=%s override=%s\n", k.devices[i].bdf, k.devices[i].driver,
                k.devices[i].override);
    memcpy(slots, k.slots, sizeof(slots));
    qsort(slots, k.n_slots, sizeof(*slots), by_text); /* their order means nothing */
    for (size_t i = 0; i < k.n_slots; i++)
        fprintf(f, "slot %s\n", slots[i]);
    fclose(f);
    return text;
}

void kernel_save(void)
{
    memcpy(saved.devices, k.devices, sizeof(saved.devices));
    memcpy(saved.slots, k.slots, sizeof(saved.slots));
    saved.n_slots = k.n_slots;
}

void kernel_hand_over(void)
{
    *handed = k;
}

void kernel_take_over(void)
{
    struct fake_kernel old = k;

    k = *handed; /* the files are where the child has put them */
    memcpy(k.journal, old.journal, sizeof(k.journal));
    k.n_journal = old.n_journal;
    k.fail_in = 0;
}

void kernel_restore(void)
{
    memcpy(k.slots, saved.slots, sizeof(k.slots));
    k.n_slots = saved.n_slots;
    for (size_t i = 0; i < k.n_devices; i++) {
        if (strcmp(k.devices[i].driver, saved.devices[i].driver))
            set_driver(&k.devices[i], saved.devices[i].driver);
        if (strcmp(k.devices[i].override, saved.devices[i].override))
            kernel_override(k.devices[i].bdf, saved.devices[i].override);
    }
}
