/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detail/link_down.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "pci/above.h"

/* From the PCI Express capability on. */
enum {
    LINK_CAP = 0x0c, LINK_STATUS = 0x12,
};
#define LINK_CAP_REPORTS (UINT32_C(1) << 20)    /* Data Link Layer Link Active Reporting Capable */
#define LINK_STATUS_ACTIVE (1u << 13)           /* Data Link Layer Link Active */

bool config_silent(struct config *c)
{
    uint32_t word = UINT32_MAX;

    for (size_t at = 0; at < CONFIG_HEADER_SIZE; at += sizeof(word))
        if (!config_u32(c, at, &word) || word != UINT32_MAX)
            return false;
    return true;
}

enum port_link config_port_link(struct config *c)
{
    bool lost = false;
    size_t at = config_cap(c, CAP_PCIE, &lost);
    uint16_t status;
    uint32_t cap;

    if (!at || !config_u32(c, at + LINK_CAP, &cap) || !(cap & LINK_CAP_REPORTS) ||
        !config_u16(c, at + LINK_STATUS, &status))
        return PORT_LINK_UNKNOWN;
    return status & LINK_STATUS_ACTIVE ? PORT_LINK_UP : PORT_LINK_DOWN;
}

static int open_config(const struct root *root, struct bdf bdf)
{
    return root_openf(root, O_RDONLY, "sys/bus/pci/devices/%s/config", BDF_STR(bdf));
}

/* A port that does not answer itself is behind a link that is down. */
bool link_down(const struct root *root, struct bdf bdf, struct bdf *port)
{
    AUTO_CLOSE int fd = open_config(root, bdf);
    struct config config = { .fd = fd };
    struct bdf at = bdf;

    if (fd < 0 || !config_silent(&config))
        return false;
    while (bdf_above(root, at, port)) {
        AUTO_CLOSE int above = open_config(root, *port);
        struct config c = { .fd = above };

        if (above < 0 || !config_silent(&c))
            return above >= 0 && config_port_link(&c) == PORT_LINK_DOWN;
        at = *port;
    }
    return false;
}
