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

/* An IOMMU (IVHD, 5.2.2.1), once however many blocks describe it. */
struct ivrs_unit {
    uint16_t segment;
    uint16_t id;        /* its own bus, slot and function: 8, 5 and 3 bits */
    uint16_t capability;    /* where in its configuration space it begins */
    uint64_t base;      /* of its registers */
};

/* Devices that an IOMMU translates (an IVHD's device entries). */
struct ivrs_range {
    uint16_t segment;
    size_t unit;            /* index of the IOMMU */
    uint16_t first, last;
    bool aliased;           /* their DMA carries the id of another one */
    uint16_t alias;         /* valid with aliased */
};

/* Memory that devices go on using after boot (IVMD, 5.2.2.2). */
struct ivrs_memory {
    bool all;               /* for every device; first and last mean nothing */
    bool by_unit;           /* for every device of one IOMMU (type 23h), with this id ... */
    uint16_t capability;    /* ... and this capability; it is `first` */
    uint16_t segment;
    uint16_t first, last;   /* from this device to that one */
    bool exclusion;         /* not translated at all, rather than mapped one to one */
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
 * Reads a table; ivrs_clear() in any case.  What is wrong with it goes to notes.  Errors:
 * -ENOMEM; XV_FAILED (-EINVAL) when nothing of it makes sense.
 */
int ivrs_parse(const uint8_t *bytes, size_t len, struct ivrs *ret, struct acpi_notes *notes,
               struct err *e);
void ivrs_clear(struct ivrs *ivrs);

/*
 * Does Xen look a device's DMA up under another one's id?  Not when the table also has an entry
 * for the device itself (amd/pci_amd_iommu.c get_dma_requestor_id()).
 */
bool ivrs_alias(const struct ivrs *ivrs, uint16_t segment, uint16_t id, uint16_t *ret);

/* Is the device among those that a memory definition is for?  How many are, 0 for all? */
bool ivrs_memory_has(const struct ivrs *ivrs, const struct ivrs_memory *memory, uint16_t id);
size_t ivrs_memory_devices(const struct ivrs *ivrs, const struct ivrs_memory *memory);

#endif
