/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-bind and pciback-unbind: each whole program except exit(). */
#ifndef XVTD_CMD_BIND_H
#define XVTD_CMD_BIND_H

#include "base/cli.h"

extern const struct cli_program bind_program, unbind_program;

int bind_main(int argc, char **argv);
int unbind_main(int argc, char **argv);

#endif
