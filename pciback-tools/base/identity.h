/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a function is, as opposed to where it sits.  After a change of hardware or firmware a BDF
 * may belong to another device; the identity stays.  Names, manifests, cfg comments and udev rules
 * all use this one.
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
 * Reads the identity of a function of the host.  The serial number is in the extended configuration
 * space, which an unprivileged process cannot read and a capture may lack: then there is none.
 * Errors: XV_NOT_FOUND, -ENODEV where there is no such function; XV_FAILED where its ids
 * cannot be read.
 */
int identity_read(const struct root *root, struct bdf bdf, struct identity *ret, struct err *e);

/* The Device Serial Number in that configuration space; false where there is none. */
bool identity_serial(struct config *config, uint64_t *ret);

/* `vendor:device:subvendor:subdevice`, and ` serial ...` as lspci prints it. */
void identity_format(const struct identity *id, char buf[IDENTITY_TEXT_MAX]);

/* The serial number alone, "" for none. */
void identity_serial_format(const struct identity *id, char buf[IDENTITY_TEXT_MAX]);

/* Reads exactly what identity_format() writes.  False for any other text. */
bool identity_parse(const char *text, struct identity *ret);

/* True for equal ids and equal serial numbers, or equal ids and no serial number in both. */
bool identity_equal(const struct identity *a, const struct identity *b);

/*
 * The functions of the host that have this identity, ascending, in one block freed by the caller.
 * Errors: XV_CANNOT where the host's functions cannot be listed.
 */
int identity_list(const struct root *root, const struct identity *id, struct bdf **ret,
                  size_t *n, struct err *e);

/*
 * The number of functions of the host that have this identity; *ret, unless NULL, is the lowest of
 * them.  Two or more are twins, which xvtd cannot tell apart.  Errors: XV_CANNOT, as above.
 */
int identity_find(const struct root *root, const struct identity *id, struct bdf *ret,
                  size_t *n, struct err *e);

#endif
