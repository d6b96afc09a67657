/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of xvtd share beside program.h: the hypervisor, opened when first asked for. */
#ifndef XVTD_XVTD_H
#define XVTD_XVTD_H

#include "hv.h"
#include "program.h"

/* Opens the hypervisor's interfaces once.  Errors: XV_CANNOT. */
int xvtd_hv(struct xvtd *x, struct err *e);

/* The whole program but for exit(): what main() returns. */
int xvtd_main(int argc, char **argv);

extern const struct cli_program xvtd_program;

/* All command records, ends with NULL (commands.c). */
extern const struct cli_command *const xvtd_commands[];

#endif
