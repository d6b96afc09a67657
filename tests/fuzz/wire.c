/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The laws of what two hosts say to each other, on any bytes and on lines that make sense with
 * some of their bytes changed.  A libFuzzer target.
 */
#include <errno.h>
#include <string.h>

#include "../unit/xl/wire_laws.h"
#include "session/xvtd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No hypervisor here to look names up. */
int xvtd_hv(struct xvtd *x, struct err *e)
{
    (void)x;
    return err_sys(e, XV_CANNOT, ENOSYS, "open the hypervisor");
}

int hv_record_by_name(struct hv *hv, const char *name, struct bdf *ret, struct err *e)
{
    (void)hv, (void)ret;
    return err_sys(e, XV_NOT_FOUND, ENOENT, "%s", name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire_laws(data, size);
    for (size_t s = 0; s < WIRE_LAWS_SAMPLES; s++) {
        uint8_t bytes[4096];
        size_t len = strlen(wire_laws_sample(s));

        memcpy(bytes, wire_laws_sample(s), len);
        for (size_t i = 0; i + 3 <= size; i += 3)
            bytes[1 + (data[i] | data[i + 1] << 8) % (len - 1)] = data[i + 2];
        wire_laws(bytes, len);
    }
    return 0;
}
