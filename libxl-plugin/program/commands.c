/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/commands.h"

#include "change/guest_steps.h"
#include "session/xvtd.h"

static const struct cli_command *const records[] = {
    &cmd_list,
    &cmd_show,
    &cmd_groups,
    &cmd_check,
    &cmd_assignable_list,
    &cmd_assignable_add,
    &cmd_assignable_remove,
    &cmd_assign,
    &cmd_detach,
    &cmd_pci_list,
    &cmd_switch,
    &cmd_eject,
    &cmd_restore,
    &cmd_migrate,
    &cmd_migrate_receive,
    &cmd_recover,
    &cmd_plugin,
    &cmd_name,
    &cmd_watch,
    &cmd_report,
    &cmd_cfg_list,
    &cmd_cfg_add,
    &cmd_cfg_remove,
    &cmd_cfg_check,
    &cmd_pci_attach,
    &cmd_pci_detach,
    &cmd_pci_assignable_list,
    &cmd_pci_assignable_add,
    &cmd_pci_assignable_remove,
    NULL,
};

const struct cli_program xvtd_program = {
    .name = "xvtd",
    .summary = "Give PCI devices of a Xen host to guests, take them back, and check before.",
    .example = "xvtd check vm1 02:00.0",
    .commands = records,
};

int xvtd_main(int argc, char **argv)
{
    struct xvtd x = { .json = false };
    int code;

    guest_steps_register();
    code = program_main(&xvtd_program, argc, argv, &x);
    hv_close(x.hv);
    return code;
}
