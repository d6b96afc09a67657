/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detail/ats.h"

#include <fcntl.h>

#include "base/config_space.h"

enum { ATS_CTRL = 6, ATS_CTRL_ENABLE = 0x8000 };

bool ats_is_on(const struct root *root, struct bdf bdf)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, "sys/bus/pci/devices/%s/config", BDF_STR(bdf));
    struct config c = { .fd = fd };
    bool lost = false;
    uint16_t ctrl;
    size_t at = config_cap(&c, CAP_PCIE, &lost) ? config_ext_cap(&c, EXT_CAP_ATS, &lost) : 0;

    return at && config_u16(&c, at + ATS_CTRL, &ctrl) && ctrl & ATS_CTRL_ENABLE;
}
