/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/emulated.h"

#include "cfg/settings.h"

const char *emulated_slot(const struct doc *doc, unsigned vslot, enum emulated how_sure)
{
    if (!vslot || cfg_type(doc) != CFG_TYPE_HVM)
        return NULL;
    if (vslot == 1)
        return "QEMU's PIIX3 (ISA, IDE and ACPI)";
    if (vslot == 2 && doc_number(doc, "xen_platform_pci", 1))
        return "the Xen platform device";
    if (vslot == 3 && how_sure == EMULATED_USUALLY)
        return "the emulated graphics card";
    return NULL;
}
