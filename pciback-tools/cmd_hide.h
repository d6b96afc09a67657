/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide: the modes of the program, a file for each. */
#ifndef XVTD_CMD_HIDE_H
#define XVTD_CMD_HIDE_H

#include "program.h"

enum hide_option {
    HIDE_FROM_CFG = 0x100, HIDE_ASSIGNED, HIDE_SHORT, HIDE_CLASSIC, HIDE_FORMAT, HIDE_ALLOW,
    HIDE_LINT, HIDE_LINT_FILE, HIDE_INSTALL, HIDE_UNINSTALL, HIDE_METHOD, HIDE_STATUS,
};

/* The whole program but for exit(): what main() returns. */
int hide_main(int argc, char **argv);

int hide_run_lint(struct xvtd *x, const struct cli_args *args, struct err *e);

#endif
