/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/hmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define BUS_FUNCTIONS (32 * 8)

void hmp_device_id(struct bdf bdf, char *buf, size_t size)
{
    snprintf(buf, size, "pci-pt-%02x_%02x.%01x", bdf.bus, bdf.slot & 0x1fu, bdf.func & 7u);
}

/* Two bytes of status, two of events that the guest has enabled. */
int hmp_parse_gpe(const char *text, struct err *e)
{
    const char *value = strchr(text, '=');
    unsigned gpe;

    if (!value || sscanf(value, "= %x", &gpe) != 1)
        return err_set(e, XV_CANNOT, EPROTO, "read the guest's ACPI events: QEMU answers '%.*s'",
                       (int)strcspn(text, "\r\n"), text);
    return ((gpe & 0xffff) & (gpe >> 16)) != 0;
}

/* Accepts only libxl's format; a number out of range belongs to no function. */
static bool parse_id(const char *text, struct bdf *ret)
{
    unsigned bus, slot, func;
    char id[32], exact[40];

    if (sscanf(text, "id \"pci-pt-%2x_%2x.%1x\"", &bus, &slot, &func) != 3)
        return false;
    *ret = (struct bdf){ 0, (uint8_t)bus, (uint8_t)slot, (uint8_t)func };
    hmp_device_id(*ret, id, sizeof(id));
    snprintf(exact, sizeof(exact), "id \"%s\"", id);
    return !strcmp(text, exact);
}

static bool is_there(const struct hv_slot *slots, size_t n, struct bdf host)
{
    for (size_t i = 0; i < n; i++)
        if (slots[i].passthrough && bdf_equal(slots[i].host, host))
            return true;
    return false;
}

static void parse_line(const char *line, struct hv_slot *slot)
{
    const char *what = line + strspn(line, " ");
    struct bdf host;

    if (parse_id(what, &host)) {
        slot->passthrough = true;
        slot->host = host;
    } else if (!slot->what[0] && strstr(what, ": PCI device ")) {
        snprintf(slot->what, sizeof(slot->what), "%.*s", (int)strcspn(what, ":"), what);
    }
}

int hmp_parse_pci(const char *text, struct hv_slot **ret, size_t *n, struct err *e)
{
    AUTO_FREE char *copy = strdup(text);
    AUTO_FREE struct hv_slot *slots = NULL;
    struct hv_slot *open = NULL;
    char *save = NULL;
    size_t found = 0;

    if (!copy)
        return err_nomem(e);
    for (char *l = strtok_r(copy, "\r\n", &save); l; l = strtok_r(NULL, "\r\n", &save)) {
        unsigned bus, slot, func;

        if (sscanf(l, " Bus %u, device %u, function %u", &bus, &slot, &func) != 3) {
            if (open)
                parse_line(l, open);
            if (open && open->passthrough && is_there(slots, found - 1, open->host))
                return err_set(e, XV_CANNOT, EPROTO, "read the guest's PCI bus: QEMU's answer has "
                               "one device twice");
            continue;
        }
        open = NULL;
        if (bus != 0 || slot > 0x1f || func > 7)
            continue; /* behind one of the guest's bridges: devices are never attached there */
        if (found == BUS_FUNCTIONS)
            return err_set(e, XV_CANNOT, EPROTO, "read the guest's PCI bus: QEMU's answer names "
                           "more functions than a bus has");
        if (ARRAY_GROW(slots, found))
            return err_nomem(e);
        open = &slots[found++];
        *open = (struct hv_slot){ .slot = slot, .func = func };
    }
    if (!found)
        return err_set(e, XV_CANNOT, EPROTO,
                       "read the guest's PCI bus: QEMU's answer names no function");
    *ret = TAKE_PTR(slots);
    *n = found;
    return 0;
}

void hmp_settle_segments(struct hv_slot *slots, size_t n, const struct bdf *known,
                         size_t n_known)
{
    for (size_t i = 0; i < n; i++) {
        size_t found = 0;
        struct bdf host = slots[i].host;

        for (size_t k = 0; slots[i].segment_unknown && k < n_known; k++) {
            host.segment = known[k].segment;
            if (!bdf_equal(host, known[k]))
                continue;
            slots[i].host.segment = host.segment;
            found++;
        }
        if (found == 1)
            slots[i].segment_unknown = false;
        else if (slots[i].segment_unknown)
            slots[i].host.segment = 0;
    }
}
