/* SPDX-License-Identifier: GPL-2.0-or-later */
/* switch: from one running guest to another. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_switch = {
    .name = "switch",
    .operands = "BDF FROM TO [VSLOT]",
    .summary = "move a device from one running guest to another",
    .details =
        "TO is checked completely before FROM is touched; the device is reset in between, where\n"
        "it can be.  When TO fails, FROM gets it back at its old slot.  What belongs to the\n"
        "device's co-assignment group, and shares its slot, goes with it.\n",
    .min = 3,
    .max = 4,
    .options = op_switch_options,
    .run = change_run,
};
