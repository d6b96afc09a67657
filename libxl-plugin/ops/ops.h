/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of devices from operands and options to results: what a command of the program and a
 * plan of the library (library/xvtd.h) both stand for.  The records have no help: that is the
 * program's.  They read nothing from a terminal and leave "results", or "plan" with x->dry_run,
 * in x->doc.
 */
#ifndef XVTD_OPS_H
#define XVTD_OPS_H

#include "base/cli.h"

extern const struct cli_command op_assign, op_detach, op_switch, op_eject, op_restore;

/* Their options, with the words that the program's help has for them. */
extern const struct cli_option op_assign_options[], op_detach_options[], op_switch_options[],
    op_eject_options[], op_restore_options[];

#endif
