/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a function is, as opposed to where it sits: a BDF may belong to another device after
 * a change of hardware or firmware, its identity does not.  One thing in names, manifests,
 * cfg comments and udev rules.
 */
#ifndef XVTD_BASE_IDENTITY_H
#define XVTD_BASE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/config_space.h"
#include "base/err.h"
#include "base/root.h"

struct identity {
    uint16_t vendor, device, subvendor, subdevice;
    bool has_serial;
    uint64_t serial;    /* Device Serial Number capability (PCIe Base Spec. 7.9.3) */
};

/* "8086:10d3:8086:a01f serial 00-11-22-ff-ff-33-44-55" and its NUL. */
#define IDENTITY_TEXT_MAX 64

/*
 * Reads the identity of a function of the host.  The serial number is in the extended
 * configuration space: an unprivileged reader, or a capture without it, finds none.
 * Errors: XV_NOT_FOUND, -ENODEV where there is no such function; XV_FAILED where its ids
 * cannot be read.
 */
int identity_read(const struct root *root, struct bdf bdf, struct identity *ret, struct err *e);

/* The Device Serial Number of that configuration space; false for none. */
bool identity_serial(const struct config *config, uint64_t *ret);

/* `vendor:device:subvendor:subdevice`, and ` serial ...` as lspci prints it. */
void identity_format(const struct identity *id, char buf[IDENTITY_TEXT_MAX]);

/* The serial number alone, "" for none. */
void identity_serial_format(const struct identity *id, char buf[IDENTITY_TEXT_MAX]);

/* Reads what identity_format() wrote, nothing before or after it.  False for anything else. */
bool identity_parse(const char *text, struct identity *ret);

/* The very same ids and serial number, or both without one. */
bool identity_equal(const struct identity *a, const struct identity *b);

/*
 * The functions of the host that have this identity, ascending, in one block to be freed.
 * Errors: XV_CANNOT where the host's functions cannot be listed.
 */
int identity_list(const struct root *root, const struct identity *id, struct bdf **ret,
                  size_t *n, struct err *e);

/*
 * How many functions of the host have this identity; *ret, unless NULL, is the lowest of
 * them.  More than one are twins: nobody can tell which is meant.  Errors: XV_CANNOT, as above.
 */
int identity_find(const struct root *root, const struct identity *id, struct bdf *ret,
                  size_t *n, struct err *e);

#endif
