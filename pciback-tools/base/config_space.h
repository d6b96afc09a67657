/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function's configuration space: registers and capability lists (PCI 3.0 chapter 6,
 * PCIe chapter 7).  A register outside the bytes that can be read counts as missing.  A capability
 * list that loops is cut off.
 */
#ifndef XVTD_CONFIG_SPACE_H
#define XVTD_CONFIG_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_HEADER_SIZE 64
#define CONFIG_LEGACY_SIZE 256
#define CONFIG_SIZE 4096

/*
 * The first len bytes of it.  With a descriptor, the rest is read when asked for, four bytes at a
 * time: on a live machine each read is an access to the device.
 */
struct config {
    const uint8_t *bytes;
    size_t len;
    int fd;             /* -1: only the bytes */
    uint8_t word[4];    /* the last that was read, so much of it, and its offset */
    size_t word_len, word_at;
};

/* Little-endian registers; false, with *ret as it was, when they cannot be read. */
bool config_u8(struct config *c, size_t at, uint8_t *ret);
bool config_u16(struct config *c, size_t at, uint16_t *ret);
bool config_u32(struct config *c, size_t at, uint32_t *ret);

/* The Header Type without its multi-function bit (PCI 6.2.1). */
enum config_header { HEADER_NORMAL = 0, HEADER_BRIDGE = 1, HEADER_CARDBUS = 2 };

/* Capability ids (PCI Code and ID Assignment, chapters 2 and 3). */
enum config_cap {
    CAP_PM = 0x01, CAP_MSI = 0x05, CAP_PCIE = 0x10, CAP_MSIX = 0x11, CAP_AF = 0x13,
};
enum config_ext_cap {
    EXT_CAP_SERIAL = 0x0003, EXT_CAP_ACS = 0x000d, EXT_CAP_ATS = 0x000f, EXT_CAP_SRIOV = 0x0010,
};

/*
 * The offset of a capability, or 0 where there is none.  *lost is set when the list continues
 * outside the readable bytes: the capability may still be there.
 */
size_t config_cap(struct config *c, enum config_cap id, bool *lost);
size_t config_ext_cap(struct config *c, enum config_ext_cap id, bool *lost);

#endif
