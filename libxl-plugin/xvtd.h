/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands of xvtd share: the global options, the host's file tree and
 * the hypervisor, opened when first asked for.
 */
#ifndef XVTD_XVTD_H
#define XVTD_XVTD_H

#include <stdbool.h>

#include "cli.h"
#include "err.h"
#include "hv.h"
#include "json.h"
#include "root.h"

struct xvtd {
    bool json;
    bool dry_run;
    bool verbose;
    bool quiet;
    struct root *root;
    struct hv *hv;      /* NULL until xvtd_hv() */
};

/* Command flags: works with --root, on a captured machine and without Xen. */
#define CMD_ROOT 1u

/* The command works on xl's arguments: xl's `-f` and friends. */
#define CMD_XL 2u

/* Opens the hypervisor's interfaces once.  Errors: XV_CANNOT. */
int xvtd_hv(struct xvtd *x, struct err *e);

/* All command records, ends with NULL (commands.c). */
extern const struct cli_command *const xvtd_commands[];

/* A note for people on stderr, unless --quiet: "xvtd: ...". */
void xvtd_note(const struct xvtd *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
