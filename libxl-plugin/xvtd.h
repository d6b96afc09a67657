/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands of xvtd share: the global options, the host's file tree and the
 * hypervisor, opened when first asked for.
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
    struct json *doc;   /* NULL until xvtd_json() */
    bool doc_complete;  /* doc is worth printing beside an error */
};

/* Command flag: works with --root, on a captured machine and without Xen. */
#define CMD_ROOT 1u

/* Opens the hypervisor's interfaces once.  Errors: XV_CANNOT. */
int xvtd_hv(struct xvtd *x, struct err *e);

/*
 * The document that --json prints; main writes it when the command has succeeded, and
 * when it failed with doc_complete set, with the error added.  NULL: out of memory.
 */
struct json *xvtd_json(struct xvtd *x);

/* A note for people on stderr, unless --quiet: "xvtd: ...". */
void xvtd_note(const struct xvtd *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The whole program but for exit(): what main() returns. */
int xvtd_main(int argc, char **argv);

/* All command records, ends with NULL (commands.c). */
extern const struct cli_command *const xvtd_commands[];

#endif
