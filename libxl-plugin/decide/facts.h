/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All facts that a decision needs, gathered before anything is changed.  Decisions read only this
 * struct.
 */
#ifndef XVTD_FACTS_H
#define XVTD_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "assignable/policy.h"
#include "decide/lost.h"
#include "detail/graphics.h"
#include "driver/driver.h"
#include "groups/firmware.h"
#include "groups/groups.h"
#include "hv/hv.h"
#include "inuse/inuse.h"
#include "libvirt/libvirt.h"
#include "pci/inventory.h"
#include "vf/vf_record.h"

enum pciback { PCIBACK_LOADED, PCIBACK_LOADABLE, PCIBACK_MISSING };

/* A virtual function's settings; read by facts_vf(). */
struct vf_facts {
    bool is;                        /* it is a virtual function */
    bool known;                     /* its PF's driver told `now`; else `error` says why not */
    struct vf_settings now;
    struct vf_record recorded;
    struct err error;               /* valid without `known` */
};

/* One host function that a command is about. */
struct fn_facts {
    struct bdf bdf;
    bool bridge;
    struct driver_state driver;
    bool boot_hidden;               /* hide_at_boot() */
    struct holder *holders;         /* uses in dom0; in pciback only guests with its VFs */
    size_t n_holders;
    bool use_unknown;               /* uses in dom0 cannot be read: use_error */
    struct err use_error;           /* valid with use_unknown: XV_CANNOT */
    const struct guest_pci *owner;  /* in facts.assigned, or NULL */
    bool link_down;                 /* it does not answer: the link below `port` is down */
    struct bdf port;                /* valid with link_down */
    struct lost lost;               /* with owner: it left the host while the guest had it */
    struct group_peer *peers;       /* of its co-assignment group, if asked for */
    size_t n_peers;
    struct graphics graphics;       /* of a graphics card */
    bool no_reset;                  /* nothing resets it alone (reset_possible()) */
    unsigned card_n;                /* with no_reset: how many reset_card() resets; 0: it cannot */
    struct bdf card;                /* valid with card_n: the bridge above them */
    enum past {
        PAST_NONE,
        PAST_GUEST,                 /* a guest has or had it, since dom0's boot */
        PAST_UNKNOWN,               /* in pciback, and no owner was noted */
    } past;
    char past_guest[HV_UUID_MAX];   /* with PAST_GUEST: its UUID, "" for a dead one */
    bool in_xen;                    /* a guest has it in Xen, but xenstore lists no owner */
    bool held;                      /* a QEMU has it open, but xenstore lists no owner */
    uint32_t held_by;               /* valid with held: that QEMU's domain */
    bool unsure;                    /* on dom's bus, or one with its name in another segment */
    unsigned irq;                   /* valid with facts.pirqs: its host IRQ, 0 if unknown */
    bool msi;                       /* likewise: it has MSI or MSI-X */
    struct vf_facts vf;             /* zero until facts_vf() */
};

struct facts {
    struct hv_host host;
    struct policy policy;
    enum pciback pciback;
    struct hv_domain *domains;
    size_t n_domains;
    bool all_entries;               /* set before: entries of all guests are needed */
    struct guest_pci *assigned;     /* dom's, the owners' of fns and their peers; or all */
    size_t n_assigned;
    struct fn_facts *fns;
    size_t n_fns;
    struct libvirt libvirt;         /* its running guests, where Xen is asked */
    bool libvirt_unknown;           /* they cannot be read: libvirt_error */
    struct err libvirt_error;       /* valid with libvirt_unknown */
    struct firmware firmware;       /* read with the groups, else FIRMWARE_NONE */

    /* The domain of the command, if there is one. */
    const struct hv_domain *dom;    /* in domains, or NULL */
    bool iommu;
    bool lost;                      /* a device left the host while it had it */
    bool bus_known;                 /* false: no QEMU in dom0 can be asked */
    struct hv_slot *bus;
    size_t n_bus;
    struct hv_config config;
    struct hv_pirqs pirqs;          /* none: devices take no interrupt from it (decide_irq.h) */
    bool deaf;                      /* valid with pirqs: it handles no hot-plug event */
    struct hv_xen xen;              /* valid with pirqs */
};

/*
 * Looks at the host, all domains and the functions.  dom: the domain, found by number and UUID,
 * or NULL.  hv: NULL on a machine without a hypervisor: domains, assignments and pciback then
 * keep their values.  Reads only names of other guests, and the entries of a guest that has one
 * of the functions: so its cost does not grow with the number of guests.  groups: NULL if the
 * decision does not need them.  *f is zero, or has a fresh list of domains.  The caller calls
 * facts_clear() in any case.  Errors: XV_NOT_FOUND, XV_CANNOT.
 */
int facts_gather(struct facts *f, const struct root *root, struct hv *hv,
                 const struct hv_domain *dom, const struct inventory *inv,
                 const struct groups *groups, const struct bdf *fns, size_t n_fns,
                 struct err *e);
void facts_clear(struct facts *f);

/* The facts of one function, or NULL. */
const struct fn_facts *facts_fn(const struct facts *f, struct bdf bdf);

/* Is pciback loaded, or can it be loaded? */
enum pciback facts_pciback(const struct root *root);

/* May QEMU of the guest have the function, by its ID without a segment? */
bool bus_unsure(const struct hv_slot *bus, size_t n, struct bdf bdf);

/* The entry on the guest's bus of a host function or of a slot; NULL for none. */
const struct hv_slot *bus_find_host(const struct hv_slot *bus, size_t n, struct bdf bdf);
const struct hv_slot *bus_find_slot(const struct hv_slot *bus, size_t n, unsigned slot);

#endif
