/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Details of one function beyond the inventory, read on demand.  A value that cannot be read is
 * left out.
 */
#ifndef XVTD_FUNCTION_DETAIL_H
#define XVTD_FUNCTION_DETAIL_H

#include "base/config_space.h"
#include "base/identity.h"
#include "groups/groups.h"
#include "pci/resource.h"

/* A PCI Express link's speed and width as its registers encode them (PCIe 7.5.3). */
struct link_rate {
    unsigned speed;     /* 1: 2.5 GT/s, 2: 5, 3: 8, 4: 16, 5: 32, 6: 64; 0: unknown */
    unsigned width;     /* lanes; 0: unknown, or the link is down */
};

enum sriov_role { SRIOV_NONE, SRIOV_PF, SRIOV_VF };

#define RESET_METHODS_MAX 8

struct function_detail {
    uint32_t index;                 /* its index in the inventory */
    struct identity identity;
    uint8_t revision;
    char path[PATH_MAX];            /* "sys/devices/pci0000:00/0000:00:1c.0", "" if unknown */
    char override[DRIVER_NAME_MAX]; /* driver_override, "" for none */
    char slot[64];                  /* the physical slot's name, "" for none */
    int numa_node;                  /* -1: none */

    bool has_parent;                /* the bridge right above it */
    struct bdf parent;

    bool has_link;                  /* a PCI Express link; integrated endpoints have none */
    unsigned link_port;             /* Port Number */
    struct link_rate link_cap, link_now;

    enum sriov_role sriov;
    unsigned vfs_total, vfs_now;    /* valid with SRIOV_PF: possible and present */
    struct bdf pf;                  /* valid with SRIOV_VF */

    /*
     * The ways to reset the function alone, in the kernel's order and words: from the attribute
     * reset_method (drivers/pci/pci.c pci_reset_fn_methods), or, before Linux 5.15 and on
     * captured machines without it, from the capabilities.  `bus` is among them only when the
     * function is alone on its bus.
     */
    char resets[RESET_METHODS_MAX][20];
    size_t n_resets;
    bool resets_by_kernel;          /* from reset_method */

    /* A reset of the bus above it also resets others: see detail_bus_reset(). */
    bool bus_reset;                 /* a bridge above can do it */

    struct resource resources[RESOURCES];
    uint64_t memory;                /* bytes of its memory BARs in the guest's MMIO hole */
    bool rom;
    unsigned intx_pin;              /* 1 to 4 for INTA to INTD, 0 for none */
    unsigned irq;                   /* 0 for none */
    unsigned msi, msix;             /* number of vectors, 0 for none */
    bool msi_on, msix_on;
    bool boot_vga;                  /* the firmware's display */
    char power[16];                 /* "D0", "D3hot", ... "" for unknown */
};

/*
 * Reads all details.  bdf: a function of the groups' inventory.  Errors: XV_NOT_FOUND, also when it
 * has been removed meanwhile.
 */
int function_detail_read(const struct root *root, const struct groups *g, struct bdf bdf,
                         struct function_detail *ret, struct err *e);

/*
 * The functions that a reset of the bus above `bdf` also resets: all below the same bridge,
 * ascending, in one block that the caller frees (NULL for none).  Errors: -ENOMEM.
 */
int detail_bus_reset(const struct groups *g, struct bdf bdf, struct bdf **ret, size_t *n,
                     struct err *e);

/* The VFs of a PF, in the same form. */
int detail_vfs(const struct groups *g, struct bdf pf, struct bdf **ret, size_t *n,
               struct err *e);

/*
 * Fills revision, link, interrupts and SR-IOV from the configuration space, and the resets unless
 * the kernel lists them.  Reads only bytes that are there; also for fuzzing.
 */
void detail_parse_config(struct config *c, struct function_detail *d);

/* Gigatransfers a second, "2.5" to "64"; NULL for an unknown code. */
const char *link_speed(unsigned code);

#endif
