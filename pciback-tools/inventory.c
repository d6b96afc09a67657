/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inventory.h"

#include <errno.h>
#include <pci/pci.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct inventory {
    struct pci_access *pacc;
    struct pci_function *functions;
    size_t n;
};

/* libpci reports a failure by a call that must not return. */
static jmp_buf failure;
static char failure_text[256];

__attribute__((noreturn, format(printf, 1, 2)))
static void libpci_error(char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(failure_text, sizeof(failure_text), fmt, ap);
    va_end(ap);
    longjmp(failure, 1);
}

__attribute__((format(printf, 1, 2)))
static void libpci_silent(char *fmt, ...)
{
    (void)fmt;
}

static int by_bdf(const void *a, const void *b)
{
    return bdf_compare(((const struct pci_function *)a)->bdf,
                       ((const struct pci_function *)b)->bdf);
}

/*
 * All 24 bits of the class.  libpci opens three files for them, one of which is the
 * configuration space, and that shows on a machine with thousands of functions.
 */
static uint32_t read_class(const struct root *root, struct bdf bdf, struct pci_dev *dev)
{
    char text[32], *end;
    unsigned long class;

    if (root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/class", BDF_STR(bdf)) > 0) {
        class = strtoul(text, &end, 16);
        if (!*end && class <= 0xffffff)
            return (uint32_t)class;
    }
    pci_fill_info(dev, PCI_FILL_CLASS | PCI_FILL_CLASS_EXT);
    return (uint32_t)dev->device_class << 8 | dev->prog_if;
}

static void read_function(const struct root *root, struct pci_dev *dev, struct pci_function *f)
{
    pci_fill_info(dev, PCI_FILL_IDENT);
    *f = (struct pci_function){
        .bdf = { (uint32_t)dev->domain, dev->bus, dev->dev, dev->func },
        .vendor = dev->vendor_id,
        .device = dev->device_id,
    };
    f->class = read_class(root, f->bdf, dev);
    f->bridge = f->class >> 16 == PCI_BASE_CLASS_BRIDGE;
    root_link_name(root, f->driver, sizeof(f->driver), "sys/bus/pci/devices/%s/driver",
                   BDF_STR(f->bdf));
}

/* Separate, so that no variable of the caller is clobbered by the longjmp. */
static int scan(struct inventory *inv, const struct root *root, struct err *e)
{
    char path[PATH_MAX];

    if (setjmp(failure))
        return err_set(e, XV_CANNOT, EIO, "read the PCI devices: libpci says: %s",
                       failure_text);
    inv->pacc->error = libpci_error;
    inv->pacc->warning = libpci_silent;
    inv->pacc->debug = libpci_silent;
    inv->pacc->method = PCI_ACCESS_SYS_BUS_PCI;
    snprintf(path, sizeof(path), "%s/sys/bus/pci", root_prefix(root));
    pci_set_param(inv->pacc, (char *)"sysfs.path", path);
    pci_init(inv->pacc);
    pci_scan_bus(inv->pacc);
    for (struct pci_dev *dev = inv->pacc->devices; dev; dev = dev->next) {
        if (ARRAY_GROW(inv->functions, inv->n))
            return err_nomem(e);
        read_function(root, dev, &inv->functions[inv->n++]);
    }
    return 0;
}

int inventory_open(struct inventory **ret, const struct root *root, struct err *e)
{
    struct inventory *inv = calloc(1, sizeof(*inv));
    int r;

    if (!inv)
        return err_nomem(e);
    inv->pacc = pci_alloc();
    r = scan(inv, root, e);
    if (r) {
        inventory_close(inv);
        return r;
    }
    if (inv->n)
        qsort(inv->functions, inv->n, sizeof(*inv->functions), by_bdf);
    *ret = inv;
    return 0;
}

struct inventory *inventory_close(struct inventory *inv)
{
    if (inv) {
        pci_cleanup(inv->pacc);
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
    r = err_set(e, XV_NOT_FOUND, ENODEV, "%s: this host has no such device", text.s);
    err_hint(e, "`xvtd list` shows what it has");
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

        if (pattern.all ? bdf_same_slot(bdf, pattern.bdf) : bdf_equal(bdf, pattern.bdf))
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

void inventory_name(struct inventory *inv, const struct pci_function *f, char *buf, size_t size)
{
    pci_lookup_name(inv->pacc, buf, (int)size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE, f->vendor,
                    f->device);
}

void inventory_class_name(struct inventory *inv, const struct pci_function *f, char *buf,
                          size_t size)
{
    pci_lookup_name(inv->pacc, buf, (int)size, PCI_LOOKUP_CLASS, f->class >> 8);
}
