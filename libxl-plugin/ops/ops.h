/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of devices, from operands and options to results: shared by the program's commands and
 * the library's plans (library/xvtd.h).  The records have no help, which is the program's.  They
 * read nothing from a terminal, and write "results", or "plan" with x->dry_run, into x->doc.
 */
#ifndef XVTD_OPS_H
#define XVTD_OPS_H

#include "base/cli.h"

extern const struct cli_command op_assign, op_detach, op_switch, op_eject, op_restore;

/* Their options, with the help texts of the program. */
extern const struct cli_option op_assign_options[], op_detach_options[], op_switch_options[],
    op_eject_options[], op_restore_options[];

#endif
