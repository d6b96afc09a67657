/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI table DMAR, in which firmware describes Intel's VT-d (VT-d specification,
 * chapter 8).  Xen renames it RMAD, so that dom0's kernel does not use the hardware
 * (xen/drivers/passthrough/vtd/dmar.c, acpi_dmar_zap()).  Pure.
 */
#ifndef XVTD_DMAR_H
#define XVTD_DMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "groups/acpi.h"

/* The remapping structures that are read; others are skipped. */
enum dmar_kind {
    DMAR_DRHD = 0,  /* a remapping unit, 8.3 */
    DMAR_RMRR = 1,  /* memory that devices keep using after boot, 8.4 */
    DMAR_ATSR = 2,  /* root ports with address translation services, 8.5 */
};

enum dmar_scope_kind {
    SCOPE_ENDPOINT = 1,
    SCOPE_BRIDGE = 2,
    SCOPE_IOAPIC = 3,
    SCOPE_HPET = 4,
    SCOPE_NAMESPACE = 5,
};

/* A device, as a path from a bus with a known number (8.3.1). */
struct dmar_scope {
    uint8_t kind;           /* enum dmar_scope_kind, or a later specification's */
    uint8_t bus;            /* where the path begins */
    size_t n_path;          /* steps, at least one */
    const uint8_t *path;    /* slot and function of each step, inside the table */
};

struct dmar_unit {
    enum dmar_kind kind;
    uint16_t segment;
    bool all;               /* DRHD, ATSR: all of the segment that no other structure names */
    uint64_t base, end;     /* RMRR: first and last byte; DRHD: base of its registers */
    struct dmar_scope *scopes;
    size_t n_scopes;
};

struct dmar {
    unsigned address_width; /* bits */
    bool intremap;          /* the platform can remap interrupts */
    bool x2apic_opt_out;
    struct dmar_unit *units;
    size_t n_units;
};

/*
 * Parses a table.  *ret points into bytes, which must live as long.  Call dmar_clear() in any case.
 * Mistakes in the table go to notes.  Errors: -ENOMEM; XV_FAILED (-EINVAL) when nothing can be
 * parsed.
 */
int dmar_parse(const uint8_t *bytes, size_t len, struct dmar *ret, struct acpi_notes *notes,
               struct err *e);
void dmar_clear(struct dmar *dmar);

#endif
