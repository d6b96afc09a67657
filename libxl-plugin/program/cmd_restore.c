/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore: puts back what eject has taken out, on this host or on another one. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_restore = {
    .name = "restore",
    .operands = "DOMAIN | --all",
    .summary = "put back what eject has taken out",
    .details =
        "Same slots, same options, each device verified by its identity.  It is looked for by\n"
        "the name that it was given, else at its old address, else, where that is another\n"
        "device, by identity.  What is missing or taken is told and stays in the manifest\n"
        "(exit code 5); the manifest goes when all is back.\n",
    .max = 1,
    .options = op_restore_options,
    .run = change_run,
};
