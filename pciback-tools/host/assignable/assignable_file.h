/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/xvtd/assignable: the devices that are to be assignable after each boot of dom0, where
 * nothing earlier has seen to it.  One a line:
 *
 *   # comment
 *   0000:0a:00.0 vfs=4                             has its driver make four virtual functions
 *   0000:0a:00.1
 *   0000:02:00.0 8086:10d3:8086:a01f               only if that is what is there
 *   0000:03:00.0 8086:10fb:8086:0003 serial 00-1b-21-ff-ff-6f-3a-1c
 *   uplink0                                        a name
 */
#ifndef XVTD_ASSIGNABLE_FILE_H
#define XVTD_ASSIGNABLE_FILE_H

#include "base/bdf.h"
#include "base/err.h"
#include "base/identity.h"
#include "base/root.h"

#define ASSIGNABLE_FILE "/etc/xvtd/assignable"

struct assignable_line {
    unsigned line;              /* its number, from 1 on */
    char device[64];            /* as it was written */
    bool has_bdf;               /* it is an address, not a name */
    struct bdf_pattern bdf;     /* valid with has_bdf */
    unsigned vfs;               /* 0: the device itself is to be assignable */
    bool has_identity;
    struct identity identity;   /* valid with has_identity */
};

/*
 * Reads a file of the host (path: absolute).  *ret is to be freed.  Errors: XV_NOT_FOUND, -ENOENT
 * where there is none; XV_USAGE with the line for what cannot be read.
 */
int assignable_file_read(const struct root *root, const char *path, struct assignable_line **ret,
                         size_t *n, struct err *e);

/* The same of a text; name: for messages. */
int assignable_parse(const char *text, const char *name, struct assignable_line **ret, size_t *n,
                     struct err *e);

#endif
