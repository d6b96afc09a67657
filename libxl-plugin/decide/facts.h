/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that a decision needs to know, looked up before anything is changed.
 * Decisions read this struct and nothing else.
 */
#ifndef XVTD_FACTS_H
#define XVTD_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "assignable/policy.h"
#include "driver/driver.h"
#include "groups/firmware.h"
#include "groups/groups.h"
#include "hv/hv.h"
#include "inuse/inuse.h"
#include "pci/inventory.h"

enum pciback { PCIBACK_LOADED, PCIBACK_LOADABLE, PCIBACK_MISSING };

/* One host function that a command is about. */
struct fn_facts {
    struct bdf bdf;
    bool bridge;
    struct driver_state driver;
    bool boot_hidden;               /* hide_at_boot() */
    struct holder *holders;         /* what dom0 does with it; in pciback only guests with its VFs */
    size_t n_holders;
    bool use_unknown;               /* what dom0 does with it cannot be read: use_error */
    struct err use_error;           /* valid with use_unknown: XV_CANNOT */
    const struct guest_pci *owner;  /* in facts.assigned, or NULL */
    struct group_peer *peers;       /* of its co-assignment group, where that was asked for */
    size_t n_peers;
    bool no_reset;                  /* nothing resets it without others (reset_possible()) */
    enum past {
        PAST_NONE,
        PAST_GUEST,                 /* a guest has it or had it, since dom0's boot */
        PAST_UNKNOWN,               /* in pciback, and nothing is noted */
    } past;
    char past_guest[HV_UUID_MAX];   /* with PAST_GUEST: its UUID, "" for one that is gone */
    bool in_xen;                    /* a guest has it in Xen, and xenstore knows no owner */
    bool held;                      /* a QEMU has it open although xenstore knows no owner */
    uint32_t held_by;               /* valid with held: that QEMU's domain */
    bool unsure;                    /* on dom's bus, or one of its name in another segment */
    unsigned irq;                   /* valid with facts.pirqs: its host IRQ, 0 for unknown */
    bool msi;                       /* likewise: it has MSI or MSI-X */
};

struct facts {
    struct hv_host host;
    struct policy policy;
    enum pciback pciback;
    struct hv_domain *domains;
    size_t n_domains;
    bool all_entries;               /* set before: entries of all guests are wanted */
    struct guest_pci *assigned;     /* dom's, the owners' of fns and their peers; or all */
    size_t n_assigned;
    struct fn_facts *fns;
    size_t n_fns;
    struct firmware firmware;       /* read with the groups, else FIRMWARE_NONE */

    /* About one domain, when a command has one. */
    const struct hv_domain *dom;    /* in domains, or NULL */
    bool iommu;
    bool bus_known;                 /* false: no QEMU in dom0 to ask */
    struct hv_slot *bus;
    size_t n_bus;
    struct hv_config config;
    struct hv_pirqs pirqs;          /* none: devices take no interrupt from it (decide_irq.h) */
    bool deaf;                      /* valid with pirqs: it does not take a hot-plug event */
    struct hv_xen xen;              /* valid with pirqs */
};

/*
 * Looks at the host, all domains and the functions.  dom: whose, found by its number and UUID,
 * or NULL.  hv: NULL on a machine without a hypervisor to ask; then domains, assignments and
 * pciback are left as they are.  Of guests beside dom only names are read, and where somebody has
 * one of the functions, entries: what it costs does not grow with them.  groups: NULL where a
 * decision does not depend on them.  *f is zero, or has domains that were listed a moment ago.
 * facts_clear() in any case.  Errors: XV_NOT_FOUND, XV_CANNOT.
 */
int facts_gather(struct facts *f, const struct root *root, struct hv *hv,
                 const struct hv_domain *dom, const struct inventory *inv,
                 const struct groups *groups, const struct bdf *fns, size_t n_fns,
                 struct err *e);
void facts_clear(struct facts *f);

/* The facts of one function, or NULL. */
const struct fn_facts *facts_fn(const struct facts *f, struct bdf bdf);

/* Is pciback there, or only a module away? */
enum pciback facts_pciback(const struct root *root);

/* May the guest's bus have the function, as far as QEMU's id without a segment tells? */
bool bus_unsure(const struct hv_slot *bus, size_t n, struct bdf bdf);

/* On the guest's bus, the entry of a host function or of a slot; NULL for none. */
const struct hv_slot *bus_find_host(const struct hv_slot *bus, size_t n, struct bdf bdf);
const struct hv_slot *bus_find_slot(const struct hv_slot *bus, size_t n, unsigned slot);

#endif
