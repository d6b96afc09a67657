/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assign, pci-attach: make devices assignable and hot-attach them. */
#include "commands/commands.h"
#include "program/change.h"

const struct cli_command cmd_assign = {
    .name = "assign",
    .operands = "DOMAIN BDF [VSLOT] [SETTING...] | DOMAIN SPEC...",
    .summary = "hot-attach devices to a running guest",
    .details =
        "Makes every check first: the guest is HVM and has an IOMMU, no other guest has\n"
        "the device, dom0 does not use it, the slot is free. Takes the device from its\n"
        "driver if needed. When a later step fails, the device goes back to its driver.\n"
        "\n"
        "  BDF     [SEGMENT:]BUS:SLOT.FUNCTION; * as FUNCTION: all of the slot\n"
        "  VSLOT   slot in the guest, hexadecimal, 1 to 1f; default: the lowest free slot\n"
        "  SPEC    BDF[@VSLOT][,key=value]... as in xl-pci-configuration(5)\n"
        "  SETTING of the NIC's virtual function before it: mac=ADDRESS, vlan=N,\n"
        "          trust=on|off, spoofchk=on|off, rate=MBIT/S\n",
    .example = "xvtd assign vm1 02:00.0 7",
    .min = 2,
    .options = op_assign_options,
    .run = change_run,
};

const struct cli_command cmd_pci_attach = {
    .name = "pci-attach",
    .operands = "DOMAIN BDF [VSLOT]",
    .summary = "same as `assign`, under xl's name",
    .example = "xvtd pci-attach vm1 02:00.0 7",
    .min = 2,
    .options = op_assign_options,
    .run = change_run,
};
