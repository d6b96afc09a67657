/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host's firmware says of its IOMMU (ACPI tables DMAR, IVRS), with the devices
 * in it as functions of the host.
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
    FIRMWARE_DMAR,  /* Intel VT-d, under Xen named RMAD */
    FIRMWARE_IVRS,  /* AMD-Vi */
};

/* Memory that functions go on using after boot: RMRR (Intel) or IVMD (AMD). */
struct firmware_region {
    uint64_t base, end;     /* first and last byte */
    bool all;               /* every function is in it (IVMD) */
    bool declared;          /* by Xen's command line, not by firmware */
    size_t named;           /* devices that the table names, there or not; 0 with all */
    struct bdf *fns;        /* those that are there, ascending */
    size_t n_fns;
};

struct firmware {
    enum firmware_table table;
    bool readable;          /* false: there, but not a byte of sense in it, or not for us */
    bool intremap;          /* interrupt remapping; IVRS does not say and all have it */
    size_t n_units;         /* IOMMUs */
    struct firmware_region *regions;
    size_t n_regions;
    struct bdf *uncovered;  /* functions that no IOMMU translates (DMAR), ascending */
    size_t n_uncovered;
    struct acpi_notes notes;
};

/*
 * Reads the tables below sys/firmware/acpi/tables.  fns: the host's functions, ascending
 * (groups_facts()).  No table is no error: FIRMWARE_NONE; nor is one that makes no sense,
 * see notes.  firmware_clear() in any case.  Errors: -ENOMEM.
 */
int firmware_read(const struct root *root, const struct topology_fn *fns, size_t n,
                  struct firmware *ret, struct err *e);
void firmware_clear(struct firmware *fw);

/* The same from a table's bytes, of any length and content.  Also for fuzzing. */
int firmware_parse_dmar(const uint8_t *bytes, size_t len, const struct topology_fn *fns,
                        size_t n, struct firmware *ret, struct err *e);
int firmware_parse_ivrs(const uint8_t *bytes, size_t len, const struct topology_fn *fns,
                        size_t n, struct firmware *ret, struct err *e);

/*
 * Adds the regions that Xen's command line declares (rmrr_option.h); as in Xen, none that overlaps
 * another or has no device that is there.  Only for a host with FIRMWARE_DMAR.  Errors: -ENOMEM.
 */
int firmware_declare(struct firmware *fw, const char *command_line, const struct topology_fn *fns,
                     size_t n, struct err *e);

/* Is the function in this region? */
bool firmware_region_has(const struct firmware_region *region, struct bdf bdf);

/* The first region that has the function, or NULL. */
const struct firmware_region *firmware_region_of(const struct firmware *fw, struct bdf bdf);

/* The first that it is in together with another device, or NULL.  Not those for all. */
const struct firmware_region *firmware_shared_region(const struct firmware *fw,
                                                     struct bdf bdf);

/* False when an IOMMU is described and none of them translates the function's DMA. */
bool firmware_covers(const struct firmware *fw, struct bdf bdf);

/* Who reserved it: "the firmware", or "Xen's command line". */
const char *firmware_region_by(const struct firmware_region *region);

/* "RMRR" or "IVMD": what such a region is called on this host. */
const char *firmware_region_name(const struct firmware *fw);

#endif
