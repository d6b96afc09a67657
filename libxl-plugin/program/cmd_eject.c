/* SPDX-License-Identifier: GPL-2.0-or-later */
/* eject: takes all devices out of a guest, for a migration; `restore` puts them back. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_eject = {
    .name = "eject",
    .operands = "DOMAIN | --all",
    .summary = "take all devices out of a guest, so that it can migrate",
    .details =
        "Writes the devices, slots and options to a manifest, then hot-removes all\n"
        "devices together. `xvtd restore` puts them back. When the guest does not release\n"
        "a device in time, the exit code is 5 and the other devices are out.\n",
    .example = "xvtd eject vm1",
    .max = 1,
    .options = op_eject_options,
    .run = change_run,
};
