/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI table IVRS, in which firmware describes AMD's IOMMUs (AMD I/O Virtualization
 * Technology specification, 5.2).  Pure.
 */
#ifndef XVTD_IVRS_H
#define XVTD_IVRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "groups/acpi.h"

/* An IOMMU (IVHD, 5.2.2.1); blocks that describe the same one are merged. */
struct ivrs_unit {
    uint16_t segment;
    uint16_t id;        /* its bus, slot and function: 8, 5 and 3 bits */
    uint16_t capability;    /* offset in its configuration space */
    uint64_t base;      /* of its registers */
};

/* Devices that an IOMMU translates (an IVHD's device entries). */
struct ivrs_range {
    uint16_t segment;
    size_t unit;            /* index of the IOMMU */
    uint16_t first, last;
    bool aliased;           /* their DMA carries the ID of another device */
    uint16_t alias;         /* valid with aliased */
};

/* Memory that devices keep using after boot (IVMD, 5.2.2.2). */
struct ivrs_memory {
    bool all;               /* for every device; first and last are unused */
    bool by_unit;           /* for the devices of one IOMMU (type 23h): its id is `first`, */
    uint16_t capability;    /* and this is its capability */
    uint16_t segment;
    uint16_t first, last;   /* the range of devices, inclusive */
    bool exclusion;         /* not translated, instead of mapped one to one */
    uint8_t flags;
    uint64_t base, end;     /* first and last byte */
};

struct ivrs {
    struct ivrs_unit *units;
    size_t n_units;
    struct ivrs_range *ranges;
    size_t n_ranges;
    struct ivrs_memory *memories;
    size_t n_memories;
};

/*
 * Parses a table; call ivrs_clear() in any case.  Mistakes in the table go to notes.  Errors:
 * -ENOMEM; XV_FAILED (-EINVAL) when nothing can be parsed.
 */
int ivrs_parse(const uint8_t *bytes, size_t len, struct ivrs *ret, struct acpi_notes *notes,
               struct err *e);
void ivrs_clear(struct ivrs *ivrs);

/*
 * True when Xen looks a device's DMA up under another ID, *ret.  False when the table also has an
 * entry for the device itself (amd/pci_amd_iommu.c get_dma_requestor_id()).
 */
bool ivrs_alias(const struct ivrs *ivrs, uint16_t segment, uint16_t id, uint16_t *ret);

/* True when a definition is for the device; the number of its devices, 0 for all. */
bool ivrs_memory_has(const struct ivrs *ivrs, const struct ivrs_memory *memory, uint16_t id);
size_t ivrs_memory_devices(const struct ivrs *ivrs, const struct ivrs_memory *memory);

#endif
