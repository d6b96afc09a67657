/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/xvtd/assignable: devices that `xvtd assignable add --from` makes assignable after each boot
 * of dom0, unless the boot has done so.  One device a line:
 *
 *   # comment
 *   0000:0a:00.0 vfs=4                             its driver makes four virtual functions
 *   0000:0a:00.1
 *   0000:0a:10.0 mac=52:54:00:12:34:56 vlan=100    a virtual function with settings
 *   0000:02:00.0 8086:10d3:8086:a01f               only if the device there is this one
 *   0000:03:00.0 8086:10fb:8086:0003 serial 00-1b-21-ff-ff-6f-3a-1c
 *   uplink0                                        a name
 */
#ifndef XVTD_ASSIGNABLE_FILE_H
#define XVTD_ASSIGNABLE_FILE_H

#include "base/bdf.h"
#include "base/err.h"
#include "base/identity.h"
#include "base/root.h"
#include "vf/vf_settings.h"

#define ASSIGNABLE_FILE "/etc/xvtd/assignable"

struct assignable_line {
    unsigned line;              /* its number, from 1 */
    char device[64];            /* as written */
    bool has_bdf;               /* it is an address, not a name */
    struct bdf_pattern bdf;     /* valid with has_bdf */
    unsigned vfs;               /* 0: make the device itself assignable */
    struct vf_settings vf;      /* that it gets then */
    bool has_identity;
    struct identity identity;   /* valid with has_identity */
};

/*
 * Reads a file of the host; path is absolute.  The caller frees *ret.  Errors: XV_NOT_FOUND,
 * -ENOENT without a file; XV_USAGE with the number of a line that cannot be parsed, or that has the
 * MAC address of another.
 */
int assignable_file_read(const struct root *root, const char *path, struct assignable_line **ret,
                         size_t *n, struct err *e);

/* The same for a text; name: the file's name, for messages. */
int assignable_parse(const char *text, const char *name, struct assignable_line **ret, size_t *n,
                     struct err *e);

#endif
