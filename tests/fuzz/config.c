/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The laws of configuration space on any bytes, on a function that makes sense with some of
 * its bytes changed, and on any text.  A libFuzzer target.
 */
#include <stdint.h>
#include <string.h>

#include "../unit/fake/fake_config.h"
#include "../unit/host/config_laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fake_config c = fake_config(0x8086, 0x1521, PCIE_DOWNSTREAM, true);

    config_laws(data, size);
    config_dump_laws(data, size);
    config_add_acs(&c);
    for (; size >= 3; data += 3, size -= 3)
        c.bytes[(data[0] | data[1] << 8) % sizeof(c.bytes)] = data[2];
    config_laws(c.bytes, size ? data[0] * 16u : c.len);
    return 0;
}
