/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's PCI functions, from sysfs, and their names.
 *
 * On a captured machine a file `lspci` beside `sys`, the output of `lspci -xxxx`, holds the
 * configuration space of functions of which sysfs has less than 256 bytes, and the functions
 * themselves where there is no sysfs at all.
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

/* What an id reads as that is not there, and the class of an unknown device (pci.ids ff). */
#define PCI_NO_ID 0xffff
#define PCI_NO_CLASS 0xff0000

struct pci_function {
    struct bdf bdf;
    uint16_t vendor, device;        /* both ffff: nothing could be read */
    uint32_t class;                 /* 24 bits: base, sub, programming interface */
    bool bridge;                    /* base class 06: never assignable */
    char *link;                     /* where its entry of sys/bus/pci/devices points, or NULL */
    bool vf;                        /* a virtual function (SR-IOV) */
    struct bdf pf;                  /* valid with vf: its physical function */
    char driver[DRIVER_NAME_MAX];   /* "" for none */
};

struct inventory;

/*
 * Reads every function, ascending by BDF.  One that goes away meanwhile is left out; what is
 * not as it should be is in inventory_problem().  Errors: XV_CANNOT, without any PCI devices
 * to read.
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
 * Sentence i (from 0) about something odd that was met, "0000:02:00.0: its ids cannot be
 * read"; NULL after the last.  At most a few: the last one counts what is left out.
 */
const char *inventory_problem(const struct inventory *inv, size_t i);

/* The configuration space of a function from the file `lspci`; NULL for none. */
const uint8_t *inventory_dump(const struct inventory *inv, struct bdf bdf, size_t *len);

/*
 * Opens a file of the function's folder in sysfs, or the folder itself with "": a descriptor or a
 * negative errno.
 */
int inventory_open_file(const struct root *root, const struct pci_function *f, const char *name,
                        int flags);

/* NULL where there is no such function. */
const struct pci_function *inventory_find(const struct inventory *inv, struct bdf bdf);

/*
 * The functions that a pattern names, in one block to be freed, ascending.  Errors:
 * XV_NOT_FOUND when it names none.
 */
int inventory_match(const struct inventory *inv, struct bdf_pattern pattern, struct bdf **ret,
                    size_t *n, struct err *e);

/* The same, each once, into a list that may have others. */
int inventory_add(const struct inventory *inv, struct bdf_pattern pattern, struct bdf **list,
                  size_t *n, struct err *e);

/* The error for a function (all: a whole slot) that is not there: XV_NOT_FOUND, -ENODEV. */
int inventory_missing(struct bdf bdf, bool all, struct err *e);

/*
 * "Intel Corporation 82574L Gigabit Network Connection"; of a sleeping function of a dump
 * what its line says.
 */
void inventory_name(struct inventory *inv, const struct pci_function *f, char *buf, size_t size);

/* "Intel 82574L Gigabit Network Connection": the vendor as people call it. */
void inventory_short_name(struct inventory *inv, const struct pci_function *f, char *buf,
                          size_t size);

/* "Ethernet controller" */
void inventory_class_name(struct inventory *inv, const struct pci_function *f, char *buf,
                          size_t size);

#endif
