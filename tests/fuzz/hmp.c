/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a human monitor prints, any bytes and what QEMU prints with some of its bytes changed: it is
 * refused, or each function is one that a bus and a host can have.  A libFuzzer target.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "hv/hmp.h"

#define PLACE(device, what) "  Bus  0, device  " device ", function 0:\r\n    " what "\r\n"

static const char sample[] =
    PLACE(" 0", "Host bridge: PCI device 8086:1237\r\n      id \"\"")
    "  Bus  0, device   1, function 1:\r\n    IDE controller: PCI device 8086:7010\r\n"
    "      BAR4: I/O at 0xc320 [0xc32f].\r\n      id \"\"\r\n"
    PLACE(" 7", "Ethernet controller: PCI device 8086:10d3\r\n      PCI subsystem 8086:0000\r\n"
          "      IRQ 11, pin A\r\n      id \"pci-pt-02_00.0\"")
    PLACE("31", "Ethernet controller: PCI device 8086:10d3\r\n      id \"pci-pt-0a_1f.7\"")
    "  Bus  1, device   0, function 0:\r\n    Class 0264: PCI device 1b36:0010\r\n"
    "      id \"x\"\r\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_slots(struct hv_slot *slots, size_t n)
{
    const struct bdf known[] = { { 1, 2, 0, 0 }, { 0, 0x0a, 0x1f, 7 } };

    if (!n || n > 32 * 8)
        abort();
    for (size_t i = 0; i < n; i++) {
        const struct bdf *host = &slots[i].host;

        if (slots[i].slot > 0x1f || slots[i].func > 7 ||
            !memchr(slots[i].what, 0, sizeof(slots[i].what)))
            abort();
        if (slots[i].passthrough && (host->segment || host->slot > 0x1f || host->func > 7))
            abort();
        for (size_t k = 0; k < i && slots[i].passthrough; k++)
            if (slots[k].passthrough && bdf_equal(slots[k].host, *host))
                abort();
        slots[i].segment_unknown = slots[i].passthrough;
    }
    hmp_settle_segments(slots, n, known, ARRAY_LEN(known));
}

static void check_law(const char *text)
{
    AUTO_FREE struct hv_slot *slots = NULL;
    size_t n = 0;
    struct err e;
    int r = hmp_parse_gpe(text, &e);

    if (r > 1)
        abort();
    if (!hmp_parse_pci(text, &slots, &n, &e))
        check_slots(slots, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char changed[sizeof(sample)], *text = malloc(size + 1);

    memcpy(text, data, size);
    text[size] = '\0';
    check_law(text);
    free(text);
    memcpy(changed, sample, sizeof(sample));
    for (; size >= 3; data += 3, size -= 3)
        changed[(data[0] | data[1] << 8) % (sizeof(sample) - 1)] = (char)data[2];
    check_law(changed);
    return 0;
}
