/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that are made of the library alone: assign, detach, switch, eject, restore. */
#ifndef XVTD_CHANGE_H
#define XVTD_CHANGE_H

#include "base/cli.h"

/* A command's run(): a plan of its name, operands and options, read or carried out, and told. */
int change_run(void *program, const struct cli_args *args, struct err *e);

#endif
