/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/emulated.h"

#include <string.h>

bool cfg_is_hvm(const struct doc *doc)
{
    AUTO_FREE char *type = doc_string(doc, "type"), *builder = doc_string(doc, "builder");

    /* xl takes type first, the deprecated builder only without it */
    return type ? !strcmp(type, "hvm") : builder && !strcmp(builder, "hvm");
}

const char *emulated_slot(const struct doc *doc, unsigned vslot, enum emulated how_sure)
{
    if (!vslot || !cfg_is_hvm(doc))
        return NULL;
    if (vslot == 1)
        return "QEMU's PIIX3 (ISA, IDE and ACPI)";
    if (vslot == 2 && doc_number(doc, "xen_platform_pci", 1))
        return "the Xen platform device";
    if (vslot == 3 && how_sure == EMULATED_USUALLY)
        return "the emulated graphics card";
    return NULL;
}
