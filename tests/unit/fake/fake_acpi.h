/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds ACPI tables, piece by piece. */
#ifndef XVTD_FAKE_ACPI_H
#define XVTD_FAKE_ACPI_H

#include <stddef.h>
#include <stdint.h>

struct fake_table {
    uint8_t bytes[4096];
    size_t len;
    size_t open;    /* start of the open structure */
};

/* Begins "DMAR", "RMAD" or "IVRS", with the header before the structures. */
void table_begin(struct fake_table *t, const char *signature);

/* DMAR: a remapping unit; all: for every device that no other unit names. */
void table_drhd(struct fake_table *t, unsigned segment, int all);
void table_rmrr(struct fake_table *t, unsigned segment, uint64_t base, uint64_t end);
void table_atsr(struct fake_table *t, unsigned segment, int all);

/* Adds a device to the last structure: "1c.0/00.0" is a path of two steps. */
void table_scope(struct fake_table *t, unsigned kind, unsigned bus, const char *path);

/*
 * IVRS: an IOMMU of this type, an entry for a device of it (used: the requester ID that it uses),
 * and memory for the devices first to last (or all).
 */
void table_ivhd(struct fake_table *t, unsigned type, unsigned id);
void table_entry(struct fake_table *t, unsigned kind, unsigned id, unsigned used);
void table_ivmd(struct fake_table *t, unsigned type, unsigned first, unsigned last,
                uint64_t base, uint64_t size);

/* Fills in lengths and checksum; the table can grow afterwards. */
void table_end(struct fake_table *t);

#endif
