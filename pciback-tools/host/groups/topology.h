/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Computes co-assignment groups from facts about PCI functions: which functions an IOMMU cannot
 * keep apart.  Pure: does not access the host.
 *
 * The rules are Linux's for IOMMU groups (drivers/iommu/iommu.c pci_device_group(),
 * drivers/pci/search.c pci_for_each_dma_alias(), drivers/pci/pci.c pci_acs_path_enabled(), as of
 * 6.1).  Xen has no groups, and /sys/kernel/iommu_groups is empty under Xen.  A function joins the
 * group of
 *
 *   - the nearest bridge above it that replaces requester IDs (PCIe-to-PCI and
 *     conventional bridges), or the function that makes its DMA (VMD);
 *   - else the bridge right above it, when a bridge on the way to the root complex
 *     does not have Access Control Services (PCIe 6.12);
 *   - else a function of its bus with which it shares a requester ID (quirks);
 *   - else a function of its slot, when both lack ACS.
 *
 * Where AMD's table IVRS gives several functions one requester ID, Xen has one device table
 * entry for them (amd/pci_amd_iommu.c get_dma_requestor_id()), so they are one group.  Linux
 * does the same within one bus (drivers/iommu/amd/iommu.c setup_aliases()).
 *
 * A function with the ACS capability counts as having it switched on.  Linux with an IOMMU sets all
 * of Source Validation, Request and Completion Redirect and Upstream Forwarding that a function
 * has (pci_std_enable_acs()).  A Xen dom0 asks for that at boot (arch/x86/xen/enlighten_pv.c calls
 * pci_request_acs()), and Xen does it too (xen/drivers/passthrough/pci.c pci_enable_acs()).  A
 * captured machine may have run without an IOMMU, so the control bits decide nothing.
 *
 * Linux cannot meet a missing bridge or a loop of bridges.  Here all functions below one form one
 * group.
 */
#ifndef XVTD_TOPOLOGY_H
#define XVTD_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/err.h"

/* Device/Port Type of the PCI Express Capabilities register (PCIe 7.5.3.2). */
enum pcie_type {
    PCIE_ENDPOINT = 0x0,
    PCIE_LEGACY_ENDPOINT = 0x1,
    PCIE_ROOT_PORT = 0x4,
    PCIE_UPSTREAM = 0x5,
    PCIE_DOWNSTREAM = 0x6,
    PCIE_TO_PCI = 0x7,
    PCI_TO_PCIE = 0x8,
    PCIE_RC_ENDPOINT = 0x9,
    PCIE_RC_EVENT = 0xa,
};

/* The device right above a function. */
enum topology_above {
    ABOVE_ROOT,     /* none: it is on a root bus */
    ABOVE_BRIDGE,   /* the function `parent` */
    ABOVE_UNKNOWN,  /* unknown */
};

enum topology_acs {
    ACS_ABSENT,
    ACS_PRESENT,
    ACS_UNREADABLE, /* the extended configuration space cannot be read: counts as absent */
};

/* One function: facts from its configuration space and its place. */
struct topology_fn {
    struct bdf bdf;
    enum topology_above above;
    struct bdf parent;      /* valid with ABOVE_BRIDGE */
    bool vf;                /* an SR-IOV virtual function; parent is the PF's */
    struct bdf pf;          /* valid with vf */
    bool proxied;           /* its DMA carries the requester ID of dma_by (VMD) */
    struct bdf dma_by;
    bool aliased;           /* its DMA carries the requester ID of alias (firmware) */
    struct bdf alias;       /* valid with aliased; need not be a function */
    uint16_t vendor, device, subvendor, subdevice;
    uint32_t class;
    bool config_short;      /* the capabilities could not be read */
    uint8_t header;         /* Header Type without its multi-function bit */
    bool multifunction;     /* that bit */
    bool pcie;              /* has a PCI Express capability */
    uint8_t pcie_type;      /* enum pcie_type */
    enum topology_acs acs;
    uint16_t acs_cap, acs_ctrl; /* valid with ACS_PRESENT */
    uint8_t intx_pin;       /* 1 to 4 for INTA to INTD, 0 for none; decides nothing here */
    bool pch_rcba;          /* the chipset's LPC bridge has its root complex registers on */
};

/* Facts about the machine as a whole. */
struct topology_host {
    bool amd_iommu;         /* it has an ACPI table IVRS */
};

enum topology_kind {
    EDGE_SAME_REQUESTER,    /* conventional PCI behind a bridge; a proxy's devices */
    EDGE_DMA_ALIAS,         /* a device known to use another function's requester ID */
    EDGE_UNKNOWN_ABOVE,     /* the bridge above is unknown */
    EDGE_NO_ACS_PATH,       /* a bridge above may route between them */
    EDGE_NO_ACS_MULTIFUNCTION, /* the device may route between its functions */
};

/* Why `from` is in the group of `to`; both are indices of functions. */
struct topology_edge {
    uint32_t from, to;
    enum topology_kind kind;
    uint32_t culprit;       /* the function that causes it: the bridge, or `from` */
};

struct topology {
    size_t n;
    uint32_t *group;        /* by function: the index of its group's lowest member */
    uint32_t *requester;    /* the same, by edges of a shared requester ID only */
    struct topology_edge *edges; /* ascending by from */
    size_t n_edges;
};

/* True for the kinds that no IOMMU setting can separate. */
bool topology_same_requester(enum topology_kind kind);

/* "same-requester-id", "dma-alias", "unknown-above", "no-acs-path", "no-acs-multifunction" */
const char *topology_kind_name(enum topology_kind kind);

/*
 * Groups n functions, which must ascend by BDF, in the time of sorting them.  Free *ret with
 * topology_clear() on success.  Errors: -ENOMEM; XV_FAILED when they do not ascend.
 */
int topology_compute(const struct topology_host *host, const struct topology_fn *fns, size_t n,
                     struct topology *ret, struct err *e);
void topology_clear(struct topology *topology);

/* True for functions of a chipset or processor, as opposed to cards (pci_class.h). */
bool topology_is_platform(const struct topology_fn *fn);

/* True when the function isolates the traffic through it (pci_acs_enabled()). */
bool topology_isolates(const struct topology_host *host, const struct topology_fn *fn);

#endif
