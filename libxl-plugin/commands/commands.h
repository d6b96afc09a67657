/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program xvtd, and its command records, each beside its code. */
#ifndef XVTD_COMMANDS_H
#define XVTD_COMMANDS_H

#include "base/cli.h"

extern const struct cli_program xvtd_program;

/* The options of the commands in ops/, which read them. */
extern const struct cli_option op_assign_options[], op_detach_options[], op_switch_options[],
    op_eject_options[], op_restore_options[];

/* The whole program except exit(): returns main()'s value. */
int xvtd_main(int argc, char **argv);

extern const struct cli_command cmd_list, cmd_show, cmd_groups, cmd_check;
extern const struct cli_command cmd_assignable_list, cmd_assignable_add, cmd_assignable_remove;
extern const struct cli_command cmd_assign, cmd_detach, cmd_pci_list;
extern const struct cli_command cmd_recover, cmd_switch, cmd_eject, cmd_restore;
extern const struct cli_command cmd_name, cmd_watch, cmd_report;
extern const struct cli_command cmd_migrate, cmd_migrate_receive;

/* The part of xvtd that programs with libxvtd use. */
extern const struct cli_command cmd_plugin;

extern const struct cli_command cmd_cfg_list, cmd_cfg_add, cmd_cfg_remove, cmd_cfg_check;

/* The names of xm and xl. */
extern const struct cli_command cmd_pci_attach, cmd_pci_detach, cmd_pci_assignable_list,
    cmd_pci_assignable_add, cmd_pci_assignable_remove;

#endif
