/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that use only the library: assign, detach, switch, eject, restore. */
#ifndef XVTD_CHANGE_H
#define XVTD_CHANGE_H

#include "base/cli.h"

/* A command's run(): makes a plan of its name, operands and options, then prints or applies it. */
int change_run(void *program, const struct cli_args *args, struct err *e);

#endif
