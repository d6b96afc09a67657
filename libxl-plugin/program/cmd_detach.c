/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detach, pci-detach: hot-remove devices from a guest. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_detach = {
    .name = "detach",
    .operands = "DOMAIN BDF...",
    .summary = "hot-remove devices from a running guest",
    .details =
        "The guest has to release each device. When it does not in time, the exit code is\n"
        "5 and the request stays pending. Run the same command again later. --force takes\n"
        "the device away through Xen when the time is over. As long as QEMU still has the\n"
        "device open, no other guest gets it (exit code 5).\n",
    .example = "xvtd detach vm1 02:00.0 --return",
    .min = 2,
    .options = op_detach_options,
    .run = change_run,
};

const struct cli_command cmd_pci_detach = {
    .name = "pci-detach",
    .operands = "DOMAIN BDF",
    .summary = "same as `detach`, under xl's name",
    .example = "xvtd pci-detach vm1 02:00.0",
    .min = 2,
    .options = op_detach_options,
    .run = change_run,
};
