/* SPDX-License-Identifier: GPL-2.0-or-later */
/* eject: everything out of a guest, for a migration, to be put back by restore. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_eject = {
    .name = "eject",
    .operands = "DOMAIN | --all",
    .summary = "hot-remove all devices of a guest, to be put back by restore",
    .details =
        "For a live migration, which no guest can make that has devices.  What it has is on\n"
        "disk, in the manifest, before the first removal; all of them leave together.  One\n"
        "that the guest does not let go of in time makes exit code 5, the others are out.\n",
    .max = 1,
    .options = op_eject_options,
    .run = change_run,
};
