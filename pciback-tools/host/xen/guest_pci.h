/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host functions of guests, from the backend entries in xenstore
 * (/local/domain/0/backend/pci/<domid>/0, written by libxl_pci.c).
 */
#ifndef XVTD_GUEST_PCI_H
#define XVTD_GUEST_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/err.h"
#include "vf/vf_settings.h"
#include "xen/xs.h"

/* Whether the guest may have it despite a conflict with a reserved memory region (RMRR). */
enum guest_rdm { GUEST_RDM_STRICT, GUEST_RDM_RELAXED };

/*
 * How to map its host IRQ for a guest that receives interrupts of emulated devices through pirqs
 * (hv.h, hv_irq_hold()).  xenstore does not record it.
 */
enum guest_irq {
    GUEST_IRQ_AUTO,     /* policy and decision choose */
    GUEST_IRQ_CHOSEN,   /* the decision chooses, whatever the policy */
    GUEST_IRQ_PLAIN,    /* by libxl and QEMU, without regard to the guest's interrupts */
    GUEST_IRQ_APART,    /* not mapped when that would take an interrupt from the guest */
};

/* One function of a guest, or one to attach. */
struct guest_pci {
    struct bdf bdf;             /* segment up to ffff */
    uint32_t domid;             /* the guest */
    unsigned vslot;             /* 1 to 1f; 0: unknown (PV), or automatic when attaching */
    unsigned vfunc;             /* 0 to 7 */
    bool permissive;
    bool msitranslate;
    bool power_mgmt;
    enum guest_rdm rdm_policy;
    enum guest_irq irq;
    struct vf_settings vf;      /* of a virtual function; in none of these lists (facts_vf()) */
};

/*
 * All functions of all domains, from one consistent snapshot of xenstore.  The caller frees *ret.
 * Leaves out half-written entries (another toolstack is at work), and entries of dead domains,
 * which libxl leaves for PV guests that never answered.
 */
int guest_pci_list(struct xs *xs, struct guest_pci **ret, size_t *n, struct err *e);

/* The functions of one domain, likewise; none for a dead one. */
int guest_pci_of(struct xs *xs, uint32_t domid, struct guest_pci **ret, size_t *n,
                 struct err *e);

/* The entries that dead domains have left, likewise. */
int guest_pci_dead(struct xs *xs, struct guest_pci **ret, size_t *n, struct err *e);

/*
 * Removes the entries of a dead domain, whereupon pciback releases the functions.  Errors:
 * XV_FAILED for a running domain.
 */
int guest_pci_bury(struct xs *xs, uint32_t domid, struct err *e);

/* The entry of a function, or NULL. */
const struct guest_pci *guest_pci_find(const struct guest_pci *list, size_t n, struct bdf bdf);

#endif
