/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IOMMU as the host's firmware describes it (ACPI tables DMAR, IVRS), with its devices as
 * functions of the host.
 */
#ifndef XVTD_FIRMWARE_H
#define XVTD_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"
#include "groups/acpi.h"
#include "groups/topology.h"

enum firmware_table {
    FIRMWARE_NONE,
    FIRMWARE_DMAR,  /* Intel VT-d; named RMAD under Xen */
    FIRMWARE_IVRS,  /* AMD-Vi */
};

/* Memory that functions keep using after boot: RMRR (Intel) or IVMD (AMD). */
struct firmware_region {
    uint64_t base, end;     /* first and last byte */
    bool all;               /* it is for every function (IVMD) */
    bool declared;          /* declared on Xen's command line, not by firmware */
    size_t named;           /* number of devices in the table, present or not; 0 with `all` */
    struct bdf *fns;        /* those that are present, ascending */
    size_t n_fns;
};

struct firmware {
    enum firmware_table table;
    bool readable;          /* false: the table exists, but cannot be read or parsed */
    bool intremap;          /* interrupt remapping; every AMD-Vi has it, IVRS does not say */
    size_t n_units;         /* number of IOMMUs */
    struct firmware_region *regions;
    size_t n_regions;
    struct bdf *uncovered;  /* functions that no IOMMU translates (DMAR), ascending */
    size_t n_uncovered;
    struct acpi_notes notes;
};

/*
 * Reads the tables below sys/firmware/acpi/tables.  fns: the host's functions, ascending
 * (groups_facts()).  A missing table is no error: FIRMWARE_NONE.  Nor is a damaged table: see
 * notes.  Call firmware_clear() in any case.  Errors: -ENOMEM.
 */
int firmware_read(const struct root *root, const struct topology_fn *fns, size_t n,
                  struct firmware *ret, struct err *e);
void firmware_clear(struct firmware *fw);

/* The same from bytes of any length and content.  Also for fuzzing. */
int firmware_parse_dmar(const uint8_t *bytes, size_t len, const struct topology_fn *fns,
                        size_t n, struct firmware *ret, struct err *e);
int firmware_parse_ivrs(const uint8_t *bytes, size_t len, const struct topology_fn *fns,
                        size_t n, struct firmware *ret, struct err *e);

/*
 * Adds the regions that Xen's command line declares (rmrr_option.h).  Like Xen, skips a region that
 * overlaps another or has no present device.  Only for FIRMWARE_DMAR.  Errors: -ENOMEM.
 */
int firmware_declare(struct firmware *fw, const char *command_line, const struct topology_fn *fns,
                     size_t n, struct err *e);

/* True when the region is for this function. */
bool firmware_region_has(const struct firmware_region *region, struct bdf bdf);

/* The first region that is for the function, or NULL. */
const struct firmware_region *firmware_region_of(const struct firmware *fw, struct bdf bdf);

/* The first region, other than one for all, that it shares with another function; or NULL. */
const struct firmware_region *firmware_shared_region(const struct firmware *fw,
                                                     struct bdf bdf);

/* False when firmware describes IOMMUs and none translates the function's DMA. */
bool firmware_covers(const struct firmware *fw, struct bdf bdf);

/* Who declared the region: "the firmware" or "Xen's command line". */
const char *firmware_region_by(const struct firmware_region *region);

/* The name of such regions on this host: "RMRR" or "IVMD". */
const char *firmware_region_name(const struct firmware *fw);

#endif
