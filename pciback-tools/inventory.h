/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's PCI functions, read with libpci from sysfs.  The one user of libpci.
 */
#ifndef XVTD_INVENTORY_H
#define XVTD_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bdf.h"
#include "cleanup.h"
#include "err.h"
#include "root.h"

#define DRIVER_NAME_MAX 64

struct pci_function {
    struct bdf bdf;
    uint16_t vendor, device;
    uint32_t class;                 /* 24 bits: base, sub, programming interface */
    bool bridge;                    /* base class 06: never assignable */
    char driver[DRIVER_NAME_MAX];   /* "" for none */
};

struct inventory;

/* Reads every function, ascending by BDF.  Errors: XV_CANNOT. */
int inventory_open(struct inventory **ret, const struct root *root, struct err *e);
struct inventory *inventory_close(struct inventory *inv);

static inline void inventory_close_p(struct inventory **inv)
{
    *inv = inventory_close(*inv);
}

size_t inventory_count(const struct inventory *inv);

/* i: below inventory_count().  Valid until inventory_close(). */
const struct pci_function *inventory_at(const struct inventory *inv, size_t i);

/* NULL where there is no such function. */
const struct pci_function *inventory_find(const struct inventory *inv, struct bdf bdf);

/*
 * The functions that a pattern names, in one block to be freed, ascending.  Errors:
 * XV_NOT_FOUND when it names none.
 */
int inventory_match(const struct inventory *inv, struct bdf_pattern pattern, struct bdf **ret,
                    size_t *n, struct err *e);

/* The error for a function (all: a whole slot) that is not there: XV_NOT_FOUND, -ENODEV. */
int inventory_missing(struct bdf bdf, bool all, struct err *e);

/* "Intel Corporation 82574L Gigabit Network Connection" */
void inventory_name(struct inventory *inv, const struct pci_function *f, char *buf, size_t size);

/* "Ethernet controller" */
void inventory_class_name(struct inventory *inv, const struct pci_function *f, char *buf,
                          size_t size);

#endif
