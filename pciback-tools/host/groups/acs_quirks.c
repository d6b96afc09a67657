/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/acs_quirks.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

enum vendor {
    LOONGSON = 0x0014, ATI = 0x1002, AMD = 0x1022, EFAR = 0x1055, PLX = 0x10b5, EMULEX = 0x10df,
    AMCC = 0x10e8, TTI = 0x1103, RICOH = 0x1180, MICROSEMI = 0x11f8, BROADCOM = 0x14e4,
    CAVIUM = 0x177d, QUALCOMM = 0x17cb, SOLARFLARE = 0x1924, FREESCALE = 0x1957,
    JMICRON = 0x197b, SERVERENGINES = 0x19a2, MARVELL = 0x1b4b, ANNAPURNA = 0x1c36,
    LITEON = 0x1c28, ZHAOXIN = 0x1d17, HXT = 0x1dbf, AMPERE = 0x1def, GLENFLY = 0x6766,
    WANGXUN = 0x8088, INTEL = 0x8086, ADAPTEC = 0x9005,
};

enum acs_rule {
    APART,              /* its vendor states that it does not route between functions */
    NOT_APART,          /* it does, unlike the vendor's other devices */
    APART_ROOT_PORT,    /* APART for a root port; no statement for other types */
    APART_PORT,         /* APART for a root or downstream port */
    NOT_APART_PORT,
    APART_RC_ENDPOINT,  /* VT-d 3.16: DMA between integrated endpoints is translated */
    APART_PCH,          /* chipset registers replace ACS */
    APART_SPT,          /* its ACS registers have another width */
    APART_AMD_SB,       /* a southbridge function on a machine with an AMD IOMMU */
};

struct acs_row {
    uint16_t vendor, first, last;
    enum acs_rule rule;
};

/* The first row that matches and decides is used. */
static const struct acs_row acs_rows[] = {
    { ATI, 0x4383, 0x4385, APART_AMD_SB },
    { ATI, 0x4399, 0x4399, APART_AMD_SB },
    { ATI, 0x439c, 0x439d, APART_AMD_SB },
    { AMD, 0x7809, 0x7809, APART_AMD_SB },
    { AMD, 0x780f, 0x780f, APART_AMD_SB },
    { SOLARFLARE, 0x0903, 0x0903, APART },
    { SOLARFLARE, 0x0923, 0x0923, APART },
    { SOLARFLARE, 0x0a03, 0x0a03, APART },
    /* 82571, 82575, 82576, 82580, 82598, 82599, I350, I219 and relatives */
    { INTEL, 0x105e, 0x1060, APART }, { INTEL, 0x10a7, 0x10a7, APART },
    { INTEL, 0x10a9, 0x10a9, APART }, { INTEL, 0x10c6, 0x10c6, APART },
    { INTEL, 0x10c9, 0x10c9, APART }, { INTEL, 0x10d6, 0x10d6, APART },
    { INTEL, 0x10d9, 0x10d9, APART }, { INTEL, 0x10db, 0x10db, APART },
    { INTEL, 0x10dd, 0x10dd, APART }, { INTEL, 0x10e1, 0x10e1, APART },
    { INTEL, 0x10e6, 0x10e8, APART }, { INTEL, 0x10f1, 0x10f1, APART },
    { INTEL, 0x10f7, 0x10fc, APART }, { INTEL, 0x1507, 0x1507, APART },
    { INTEL, 0x1509, 0x150a, APART }, { INTEL, 0x150d, 0x1511, APART },
    { INTEL, 0x1514, 0x1514, APART }, { INTEL, 0x1516, 0x1516, APART },
    { INTEL, 0x1518, 0x1518, APART }, { INTEL, 0x151c, 0x151c, APART },
    { INTEL, 0x1521, 0x1524, APART }, { INTEL, 0x1526, 0x1527, APART },
    { INTEL, 0x1529, 0x152a, APART }, { INTEL, 0x154d, 0x154d, APART },
    { INTEL, 0x154f, 0x154f, APART }, { INTEL, 0x1551, 0x1551, APART },
    { INTEL, 0x1558, 0x1558, APART }, { INTEL, 0x15b7, 0x15b8, APART },
    { INTEL, 0x0000, 0xffff, APART_RC_ENDPOINT },
    { QUALCOMM, 0x0111, 0x0111, APART }, { QUALCOMM, 0x0115, 0x0115, APART },
    { QUALCOMM, 0x0120, 0x0120, APART }, { QUALCOMM, 0x0400, 0x0401, APART },
    { HXT, 0x0401, 0x0401, APART },
    /* Root ports of Ibex Peak, Cougar, Panther, Lynx and Wildcat Point, X79, X99 */
    { INTEL, 0x3b42, 0x3b51, APART_PCH }, { INTEL, 0x1c10, 0x1c1f, APART_PCH },
    { INTEL, 0x1e10, 0x1e1f, APART_PCH }, { INTEL, 0x8c10, 0x8c1f, APART_PCH },
    { INTEL, 0x9c10, 0x9c1b, APART_PCH }, { INTEL, 0x9c90, 0x9c9b, APART_PCH },
    { INTEL, 0x1d10, 0x1d10, APART_PCH }, { INTEL, 0x1d12, 0x1d12, APART_PCH },
    { INTEL, 0x1d14, 0x1d14, APART_PCH }, { INTEL, 0x1d16, 0x1d16, APART_PCH },
    { INTEL, 0x1d18, 0x1d18, APART_PCH }, { INTEL, 0x1d1a, 0x1d1a, APART_PCH },
    { INTEL, 0x1d1c, 0x1d1c, APART_PCH }, { INTEL, 0x1d1e, 0x1d1e, APART_PCH },
    { INTEL, 0x8d10, 0x8d1e, APART_PCH }, { INTEL, 0x8c90, 0x8c90, APART_PCH },
    { INTEL, 0x8c92, 0x8c92, APART_PCH }, { INTEL, 0x8c94, 0x8c94, APART_PCH },
    { INTEL, 0x8c96, 0x8c96, APART_PCH }, { INTEL, 0x8c98, 0x8c98, APART_PCH },
    { INTEL, 0x8c9a, 0x8c9a, APART_PCH }, { INTEL, 0x8c9c, 0x8c9c, APART_PCH },
    { INTEL, 0x8c9e, 0x8c9e, APART_PCH },
    /* Root ports of Sunrise and Union Point, seventh and eighth generation mobile */
    { INTEL, 0xa110, 0xa11f, APART_SPT }, { INTEL, 0xa167, 0xa16a, APART_SPT },
    { INTEL, 0xa290, 0xa29f, APART_SPT }, { INTEL, 0xa2e7, 0xa2ee, APART_SPT },
    { INTEL, 0x9d10, 0x9d1b, APART_SPT },
    { SERVERENGINES, 0x0710, 0x0710, APART },
    { EMULEX, 0x0720, 0x0720, APART },
    { CAVIUM, 0xa000, 0xa7ff, APART_ROOT_PORT }, { CAVIUM, 0xaf84, 0xaf84, APART_ROOT_PORT },
    { CAVIUM, 0xb884, 0xb884, APART_ROOT_PORT },
    { CAVIUM, 0xa026, 0xa026, APART }, { CAVIUM, 0xa059, 0xa059, APART },
    { CAVIUM, 0xa060, 0xa060, APART },
    { AMCC, 0xe004, 0xe004, APART },
    { AMPERE, 0xe005, 0xe00c, APART },
    { BROADCOM, 0x16d7, 0x16d7, APART }, { BROADCOM, 0x1750, 0x1752, APART },
    { BROADCOM, 0x1760, 0x1763, APART }, { BROADCOM, 0xd714, 0xd714, APART },
    { LOONGSON, 0x3c09, 0x3c09, APART }, { LOONGSON, 0x3c19, 0x3c19, APART },
    { LOONGSON, 0x3c29, 0x3c29, APART }, { LOONGSON, 0x7a09, 0x7a09, APART },
    { LOONGSON, 0x7a19, 0x7a19, APART }, { LOONGSON, 0x7a29, 0x7a29, APART },
    { LOONGSON, 0x7a39, 0x7a39, APART }, { LOONGSON, 0x7a49, 0x7a49, APART },
    { LOONGSON, 0x7a59, 0x7a59, APART }, { LOONGSON, 0x7a69, 0x7a69, APART },
    { ANNAPURNA, 0x0031, 0x0031, APART_ROOT_PORT },
    { ZHAOXIN, 0x3038, 0x3038, APART }, { ZHAOXIN, 0x3104, 0x3104, APART },
    { ZHAOXIN, 0x9083, 0x9083, APART },
    { FREESCALE, 0x8d80, 0x8d83, APART }, { FREESCALE, 0x8d88, 0x8d8b, APART },
    { FREESCALE, 0x8d90, 0x8d93, APART }, { FREESCALE, 0x8d98, 0x8d9b, APART },
    { FREESCALE, 0x8da0, 0x8da1, APART }, { FREESCALE, 0x8da8, 0x8da9, APART },
    { FREESCALE, 0x8db0, 0x8db1, APART }, { FREESCALE, 0x8db8, 0x8db9, APART },
    { ZHAOXIN, 0x0710, 0x071e, APART_PORT }, { ZHAOXIN, 0x0721, 0x0721, APART_PORT },
    { ZHAOXIN, 0x0723, 0x0752, APART_PORT }, { ZHAOXIN, 0x0000, 0xffff, NOT_APART_PORT },
    { WANGXUN, 0x0100, 0x010f, APART }, { WANGXUN, 0x1001, 0x1001, APART },
    { WANGXUN, 0x2001, 0x2001, APART }, { WANGXUN, 0x5010, 0x5010, APART },
    { WANGXUN, 0x5025, 0x5025, APART }, { WANGXUN, 0x5040, 0x5040, APART },
    { WANGXUN, 0x5110, 0x5110, APART }, { WANGXUN, 0x5125, 0x5125, APART },
    { WANGXUN, 0x5140, 0x5140, APART }, { WANGXUN, 0x0000, 0xffff, NOT_APART },
};

static enum quirk_verdict apply(enum acs_rule rule, const struct topology_host *host,
                                const struct topology_fn *fn)
{
    bool root_port = fn->pcie && fn->pcie_type == PCIE_ROOT_PORT;
    bool port = root_port || (fn->pcie && fn->pcie_type == PCIE_DOWNSTREAM);

    switch (rule) {
    case APART:
        return QUIRK_ISOLATES;
    case NOT_APART:
        return QUIRK_DOES_NOT;
    case APART_ROOT_PORT:
        return root_port ? QUIRK_ISOLATES : QUIRK_NONE;
    case APART_PORT:
        return port ? QUIRK_ISOLATES : QUIRK_NONE;
    case NOT_APART_PORT:
        return port ? QUIRK_DOES_NOT : QUIRK_NONE;
    case APART_RC_ENDPOINT:
        return fn->pcie && fn->pcie_type == PCIE_RC_ENDPOINT ? QUIRK_ISOLATES : QUIRK_NONE;
    case APART_PCH:
        if (!root_port)
            return QUIRK_NONE;
        return fn->pch_rcba ? QUIRK_ISOLATES : QUIRK_DOES_NOT;
    case APART_SPT:
        return root_port && fn->acs == ACS_PRESENT ? QUIRK_ISOLATES : QUIRK_NONE;
    case APART_AMD_SB:
        return host->amd_iommu && fn->multifunction && fn->above == ABOVE_ROOT ? QUIRK_ISOLATES
                                                                              : QUIRK_NONE;
    }
    return QUIRK_NONE;
}

static bool in_row(const struct acs_row *row, const struct topology_fn *fn)
{
    return row->vendor == fn->vendor && row->first <= fn->device && fn->device <= row->last;
}

enum quirk_verdict acs_quirk(const struct topology_host *host, const struct topology_fn *fn)
{
    for (size_t i = 0; i < ARRAY_LEN(acs_rows); i++) {
        enum quirk_verdict verdict = in_row(&acs_rows[i], fn) ? apply(acs_rows[i].rule, host, fn)
                                                              : QUIRK_NONE;

        if (verdict != QUIRK_NONE)
            return verdict;
    }
    return QUIRK_NONE;
}

bool acs_has_dwords(const struct topology_fn *fn)
{
    bool root_port = fn->pcie && fn->pcie_type == PCIE_ROOT_PORT;

    for (size_t i = 0; root_port && i < ARRAY_LEN(acs_rows); i++)
        if (acs_rows[i].rule == APART_SPT && in_row(&acs_rows[i], fn))
            return true;
    return false;
}

bool vmd_controller(const struct topology_fn *fn)
{
    static const uint16_t ids[] = {
        0x201d, 0x28c0, 0x467f, 0x4c3d, 0x7d0b, 0x9a0b, 0xa77f, 0xad0b, 0xb06f, 0xb07f, 0xb60b,
    };

    for (size_t i = 0; fn->vendor == INTEL && i < ARRAY_LEN(ids); i++)
        if (fn->device == ids[i])
            return true;
    return false;
}

enum alias_rule {
    FUNCTION_0,     /* of its slot */
    FUNCTION_1,
    SLOT_1,         /* 01.0 */
    MIC,            /* 10.0, 11.0, 12.3 */
    VCA,            /* functions 0 to 4 of every slot */
    EVERYTHING,
};

struct alias_row {
    uint16_t vendor, first, last;
    uint16_t subvendor, subdevice;  /* subvendor 0: any */
    enum alias_rule rule;
};

static const struct alias_row alias_rows[] = {
    { RICOH, 0xe476, 0xe476, 0, 0, FUNCTION_0 },
    { RICOH, 0xe832, 0xe832, 0, 0, FUNCTION_0 },
    { GLENFLY, 0x3d40, 0x3d41, 0, 0, FUNCTION_0 },
    { MARVELL, 0x9120, 0x9120, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9123, 0x9123, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9125, 0x9125, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9128, 0x9128, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9130, 0x9130, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9170, 0x9170, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9172, 0x9172, 0, 0, FUNCTION_1 },
    { MARVELL, 0x917a, 0x917a, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9182, 0x9183, 0, 0, FUNCTION_1 },
    { MARVELL, 0x91a0, 0x91a0, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9215, 0x9215, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9220, 0x9220, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9230, 0x9230, 0, 0, FUNCTION_1 },
    { MARVELL, 0x9235, 0x9235, 0, 0, FUNCTION_1 },
    { TTI, 0x0642, 0x0642, 0, 0, FUNCTION_1 },
    { TTI, 0x0645, 0x0645, 0, 0, FUNCTION_1 },
    { JMICRON, 0x2392, 0x2392, 0, 0, FUNCTION_1 },
    { LITEON, 0x0122, 0x0122, 0, 0, FUNCTION_1 },
    { ADAPTEC, 0x0285, 0x0285, ADAPTEC, 0x02bb, SLOT_1 },
    { ADAPTEC, 0x0285, 0x0285, ADAPTEC, 0x02bc, SLOT_1 },
    { INTEL, 0x2260, 0x2260, 0, 0, MIC },
    { INTEL, 0x2264, 0x2264, 0, 0, MIC },
    { INTEL, 0x2954, 0x2956, 0, 0, VCA },
    { INTEL, 0x2958, 0x295a, 0, 0, VCA },
    { PLX, 0x87b0, 0x87b1, 0, 0, EVERYTHING },
};

static void alias_add(struct dma_aliases *a, unsigned slot, unsigned func)
{
    unsigned devfn = slot << 3 | func;

    a->devfn[devfn / 64] |= UINT64_C(1) << devfn % 64;
}

static void alias_apply(enum alias_rule rule, struct bdf bdf, struct dma_aliases *a)
{
    switch (rule) {
    case FUNCTION_0:
    case FUNCTION_1:
        if (bdf.func != (rule == FUNCTION_1))
            alias_add(a, bdf.slot, rule == FUNCTION_1);
        break;
    case SLOT_1:
        alias_add(a, 1, 0);
        break;
    case MIC:
        alias_add(a, 0x10, 0);
        alias_add(a, 0x11, 0);
        alias_add(a, 0x12, 3);
        break;
    case VCA:
        for (unsigned slot = 0; slot < 0x20; slot++)
            for (unsigned func = 0; func < 5; func++)
                alias_add(a, slot, func);
        break;
    case EVERYTHING:
        memset(a->devfn, 0xff, sizeof(a->devfn));
        break;
    }
}

/* The non-transparent bridges of Microsemi's Switchtec family have class 0680. */
static bool is_switchtec(const struct topology_fn *fn)
{
    if (fn->class >> 8 != 0x0680)
        return false;
    if (fn->vendor == EFAR)
        return fn->device >= 0x1001 && fn->device <= 0x1006;
    return fn->vendor == MICROSEMI &&
           ((fn->device >= 0x8531 && fn->device <= 0x8576) || fn->device >> 12 == 0x4 ||
            fn->device >> 12 == 0x5);
}

bool dma_alias_quirk(const struct topology_fn *fn, struct dma_aliases *ret)
{
    *ret = (struct dma_aliases){ .devfn = { 0 } };
    if (is_switchtec(fn))
        alias_apply(EVERYTHING, fn->bdf, ret);
    for (size_t i = 0; i < ARRAY_LEN(alias_rows); i++) {
        const struct alias_row *row = &alias_rows[i];

        if (row->vendor == fn->vendor && row->first <= fn->device && fn->device <= row->last &&
            (!row->subvendor ||
             (row->subvendor == fn->subvendor && row->subdevice == fn->subdevice)))
            alias_apply(row->rule, fn->bdf, ret);
    }
    return ret->devfn[0] | ret->devfn[1] | ret->devfn[2] | ret->devfn[3];
}

bool dma_alias_has(const struct dma_aliases *a, struct bdf bdf)
{
    unsigned devfn = (unsigned)bdf.slot << 3 | bdf.func;

    return devfn < 256 && a->devfn[devfn / 64] >> devfn % 64 & 1;
}

bool translation_root_quirk(const struct topology_fn *fn)
{
    return fn->vendor == BROADCOM && (fn->device == 0x9000 || fn->device == 0x9084);
}
