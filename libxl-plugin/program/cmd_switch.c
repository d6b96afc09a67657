/* SPDX-License-Identifier: GPL-2.0-or-later */
/* switch: moves a device from one running guest to another. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_switch = {
    .name = "switch",
    .operands = "BDF FROM TO [VSLOT]",
    .summary = "move a device from one running guest to another",
    .details =
        "Checks everything in TO before it takes the device from FROM. Resets the device\n"
        "in between if the device has a reset. When TO fails, FROM gets the device back\n"
        "at its old slot. The other functions of its group or guest slot move with it.\n",
    .example = "xvtd switch 02:00.0 vm1 vm2",
    .min = 3,
    .max = 4,
    .options = op_switch_options,
    .run = change_run,
};
