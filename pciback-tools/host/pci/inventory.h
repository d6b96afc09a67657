/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's PCI functions, from sysfs, and their names.
 *
 * A captured machine may have a file `lspci` beside `sys`, the output of `lspci -xxxx`.  It holds
 * the configuration space of functions for which sysfs has less than 256 bytes.  Without sysfs it
 * also lists the functions.
 */
#ifndef XVTD_INVENTORY_H
#define XVTD_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/root.h"

#define DRIVER_NAME_MAX 64

/* The value of a missing ID, and the class of an unknown device (pci.ids ff). */
#define PCI_NO_ID 0xffff
#define PCI_NO_CLASS 0xff0000

struct pci_function {
    struct bdf bdf;
    uint16_t vendor, device;        /* both ffff: unreadable */
    uint32_t class;                 /* 24 bits: base, sub, programming interface */
    bool bridge;                    /* base class 06: never assignable */
    char *link;                     /* the target of its link in sys/bus/pci/devices, or NULL */
    bool vf;                        /* a virtual function (SR-IOV) */
    struct bdf pf;                  /* valid with vf: its physical function */
    char driver[DRIVER_NAME_MAX];   /* "" for none */
};

struct inventory;

/*
 * Reads every function, ascending by BDF.  Leaves out a function that disappears meanwhile.
 * Problems are in inventory_problem().  Errors: XV_CANNOT without PCI devices to read.
 */
int inventory_open(struct inventory **ret, const struct root *root, struct err *e);
struct inventory *inventory_close(struct inventory *inv);

static inline void inventory_close_p(struct inventory **inv)
{
    *inv = inventory_close(*inv);
}

size_t inventory_count(const struct inventory *inv);

/* i: below inventory_count().  Valid until inventory_close(). */
const struct pci_function *inventory_at(const struct inventory *inv, size_t i);

/*
 * Sentence i (from 0) about a problem, "0000:02:00.0: cannot read its IDs"; NULL after the last.
 * There are only a few: the last one counts the rest.
 */
const char *inventory_problem(const struct inventory *inv, size_t i);

/* The function's configuration space in the file `lspci`; NULL when it is not there. */
const uint8_t *inventory_dump(const struct inventory *inv, struct bdf bdf, size_t *len);

/*
 * Opens a file in the function's folder in sysfs, or with "" the folder.  Returns a descriptor or a
 * negative errno.
 */
int inventory_open_file(const struct root *root, const struct pci_function *f, const char *name,
                        int flags);

/* The function, or NULL when there is none at this BDF. */
const struct pci_function *inventory_find(const struct inventory *inv, struct bdf bdf);

/*
 * The functions that a pattern covers, ascending, in one block that the caller frees.  Errors:
 * XV_NOT_FOUND when there are none.
 */
int inventory_match(const struct inventory *inv, struct bdf_pattern pattern, struct bdf **ret,
                    size_t *n, struct err *e);

/* Appends them to a list, each function once. */
int inventory_add(const struct inventory *inv, struct bdf_pattern pattern, struct bdf **list,
                  size_t *n, struct err *e);

/* The error for an absent function (all: a whole slot): XV_NOT_FOUND, -ENODEV. */
int inventory_missing(struct bdf bdf, bool all, struct err *e);

/*
 * "Intel Corporation 82574L Gigabit Network Connection"; for a sleeping function of a dump, the
 * name in its line.
 */
void inventory_name(struct inventory *inv, const struct pci_function *f, char *buf, size_t size);

/* "Intel 82574L Gigabit Network Connection", with the vendor's short name. */
void inventory_short_name(struct inventory *inv, const struct pci_function *f, char *buf,
                          size_t size);

/* "Ethernet controller" */
void inventory_class_name(struct inventory *inv, const struct pci_function *f, char *buf,
                          size_t size);

#endif
