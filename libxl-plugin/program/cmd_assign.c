/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assign, pci-attach: make assignable and hot-attach. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_assign = {
    .name = "assign",
    .operands = "DOMAIN BDF [VSLOT] | DOMAIN SPEC...",
    .summary = "make devices assignable and hot-attach them to a guest",
    .details =
        "Every check is made before anything is changed: the guest is HVM and has an IOMMU,\n"
        "the device is nobody's, dom0 does not use it, the slot is free.  When a later step\n"
        "fails, the device goes back to its driver.\n"
        "\n"
        "  BDF     [SEGMENT:]BUS:SLOT.FUNCTION; FUNCTION * means every function of the slot\n"
        "  VSLOT   the guest's slot, hexadecimal, 1 to 1f; left out: the lowest free one\n"
        "  SPEC    BDF[@VSLOT][,key=value]... as in xl-pci-configuration(5)\n",
    .min = 2,
    .options = op_assign_options,
    .run = change_run,
};

const struct cli_command cmd_pci_attach = {
    .name = "pci-attach",
    .operands = "DOMAIN BDF [VSLOT]",
    .summary = "xl's name for assign",
    .min = 2,
    .options = op_assign_options,
    .run = change_run,
};
