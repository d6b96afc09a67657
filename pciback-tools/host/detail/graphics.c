/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detail/graphics.h"

#include <string.h>

#include "base/cleanup.h"

void graphics_read(const struct root *root, const struct pci_function *f, struct graphics *ret)
{
    char text[8];

    *ret = (struct graphics){ .is = f && f->class >> 16 == 0x03 };
    if (!ret->is)
        return;
    ret->vendor = f->vendor;
    ret->device = f->device;
    ret->boot_vga = root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/boot_vga",
                               BDF_STR(f->bdf)) > 0 && !strcmp(text, "1");
    resources_read(root, f->bdf, ret->resources);
    ret->rom = ret->resources[RESOURCE_ROM].size > 0;
}

/* Ranges of AMD's device ids, by chip. */
static const struct {
    uint16_t first, last;
    const char *family;
} fails[] = {
    { 0x66a0, 0x66af, "AMD Vega 20" },
    { 0x67c0, 0x67df, "AMD Polaris 10" },
    { 0x67e0, 0x67ff, "AMD Polaris 11" },
    { 0x6860, 0x687f, "AMD Vega 10" },
    { 0x6980, 0x699f, "AMD Polaris 12" },
    { 0x6fdf, 0x6fdf, "AMD Polaris 20" },
    { 0x7310, 0x731f, "AMD Navi 10" },
    { 0x7340, 0x734f, "AMD Navi 14" },
    { 0x7360, 0x7362, "AMD Navi 12" },
};

const char *graphics_reset_fails(uint16_t vendor, uint16_t device)
{
    for (size_t i = 0; vendor == 0x1002 && i < ARRAY_LEN(fails); i++)
        if (device >= fails[i].first && device <= fails[i].last)
            return fails[i].family;
    return NULL;
}
