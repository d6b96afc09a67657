/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore: puts back what eject has taken out, on this host or on another one. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_restore = {
    .name = "restore",
    .operands = "DOMAIN | --all",
    .summary = "put back the devices that `eject` took out",
    .details =
        "Uses the same slots and options. Finds each device by --map, else by its name,\n"
        "else at its old address, else by its identity; checks that it is the same\n"
        "device. A device that is missing or taken stays in the manifest (exit code 5).\n"
        "When all devices are back, the manifest is deleted.\n",
    .example = "xvtd restore vm1",
    .max = 1,
    .options = op_restore_options,
    .run = change_run,
};
