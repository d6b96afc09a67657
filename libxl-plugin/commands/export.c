/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/save.h"

/* Both attributes of libvirt's address and the start of a SPEC have four digits. */
#define SEGMENT_MAX 0xffff

/* docs/schemas: hostdevsubsyspciKernel and pciaddress. */
static char *libvirt_text(const struct guest_pci *pci)
{
    char guest[128] = "", *text;

    if (pci->vslot)
        snprintf(guest, sizeof(guest),
                 "  <address type='pci' domain='0x0000' bus='0x00' slot='0x%02x' "
                 "function='0x%x'/>\n", pci->vslot, pci->vfunc);
    return asprintf(&text,
                    "<hostdev mode='subsystem' type='pci' managed='yes'>\n"
                    "  <source>\n"
                    "    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n"
                    "  </source>\n"
                    "%s"
                    "</hostdev>\n",
                    pci->bdf.segment, pci->bdf.bus, pci->bdf.slot, pci->bdf.func, guest) < 0
               ? NULL : text;
}

/* host= has room for four digits of segment (hw/core/qdev-properties*.c); sysfsdev= is a path. */
static char *qemu_text(const struct guest_pci *pci)
{
    char guest[32] = "", *text;

    if (pci->vslot && pci->vfunc)
        snprintf(guest, sizeof(guest), ",addr=%02x.%x", pci->vslot, pci->vfunc);
    else if (pci->vslot)
        snprintf(guest, sizeof(guest), ",addr=%02x", pci->vslot);
    return asprintf(&text, "-device vfio-pci,%s%s%s\n",
                    pci->bdf.segment > SEGMENT_MAX ? "sysfsdev=/sys/bus/pci/devices/" : "host=",
                    BDF_STR(pci->bdf), guest) < 0 ? NULL : text;
}

static char *xl_text(const struct guest_pci *pci)
{
    struct spec spec = save_spec(pci);
    AUTO_FREE char *text = spec_format(&spec, true);
    char *line;

    return !text || asprintf(&line, "%s\n", text) < 0 ? NULL : line;
}

static const struct {
    const char *word;
    const char *tool;
    unsigned segment_max;
    char *(*text)(const struct guest_pci *pci);
} formats[] = {
    [EXPORT_LIBVIRT] = { "libvirt", "libvirt", SEGMENT_MAX, libvirt_text },
    [EXPORT_QEMU] = { "qemu", "QEMU", UINT32_MAX, qemu_text },
    [EXPORT_XL] = { "xl", "xl", SEGMENT_MAX, xl_text },
};

bool export_parse(const char *word, enum export_format *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (!strcmp(word, formats[i].word)) {
            *ret = (enum export_format)i;
            return true;
        }
    return false;
}

int export_text(enum export_format format, const struct guest_pci *pci, char **ret,
                struct err *e)
{
    char *text;

    if (pci->bdf.segment > formats[format].segment_max)
        return err_on(e, XV_CANNOT, EOPNOTSUPP, BDF_STR(pci->bdf),
                      "%s cannot name a segment above ffff", formats[format].tool);
    text = formats[format].text(pci);
    if (!text)
        return err_nomem(e);
    *ret = text;
    return 0;
}
