/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detach, pci-detach: hot-remove from a guest. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_detach = {
    .name = "detach",
    .operands = "DOMAIN BDF...",
    .summary = "hot-remove devices from a guest",
    .details =
        "The guest has to let go of each device.  When it does not within the time given, the\n"
        "exit code is 5 and the request stays pending: the same detach again finds out whether\n"
        "the guest has let go since, and ends cleanly.\n"
        "--force takes the device away from the guest through Xen, after the time given; as\n"
        "long as the guest's device model has it, nobody else gets it (exit code 5).\n",
    .min = 2,
    .options = op_detach_options,
    .run = change_run,
};

const struct cli_command cmd_pci_detach = {
    .name = "pci-detach",
    .operands = "DOMAIN BDF",
    .summary = "xl's name for detach",
    .min = 2,
    .options = op_detach_options,
    .run = change_run,
};
