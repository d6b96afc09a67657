/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host functions that guests have, as the backend entries in xenstore tell
 * (/local/domain/0/backend/pci/<domid>/0, written by libxl_pci.c).
 */
#ifndef XVTD_GUEST_PCI_H
#define XVTD_GUEST_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/err.h"
#include "xen/xs.h"

/* May the guest have it although a reserved memory region (RMRR) of it conflicts? */
enum guest_rdm { GUEST_RDM_STRICT, GUEST_RDM_RELAXED };

/*
 * How its host IRQ is mapped when it is attached to a guest that takes interrupts of emulated
 * devices through pirqs (hv.h, hv_irq_hold()).  xenstore does not tell.
 */
enum guest_irq {
    GUEST_IRQ_AUTO,     /* as the decision finds */
    GUEST_IRQ_PLAIN,    /* by libxl and QEMU, whatever it does to the guest */
    GUEST_IRQ_APART,    /* not at all, where it would take an interrupt from the guest */
};

/* One function in a guest, or one to attach. */
struct guest_pci {
    struct bdf bdf;             /* segment up to ffff */
    uint32_t domid;             /* whose it is */
    unsigned vslot;             /* 1 to 1f; 0: unknown (PV), or automatic when attaching */
    unsigned vfunc;             /* 0 to 7 */
    bool permissive;
    bool msitranslate;
    bool power_mgmt;
    enum guest_rdm rdm_policy;
    enum guest_irq irq;
};

/*
 * Every function that any domain has, in one consistent look at xenstore.  *ret is
 * to be freed.  A half-written entry (another toolstack at work) is left out, and what a
 * domain that is no more has left behind (libxl, of PV guests that never answered).
 */
int guest_pci_list(struct xs *xs, struct guest_pci **ret, size_t *n, struct err *e);

/* What one domain has, likewise; nothing for one that is no more. */
int guest_pci_of(struct xs *xs, uint32_t domid, struct guest_pci **ret, size_t *n,
                 struct err *e);

/* What domains that are no more have left there, likewise. */
int guest_pci_dead(struct xs *xs, struct guest_pci **ret, size_t *n, struct err *e);

/*
 * Removes what such a domain has left there; with it pciback's kernel side lets go of the
 * functions.  Errors: XV_FAILED for a domain that lives.
 */
int guest_pci_bury(struct xs *xs, uint32_t domid, struct err *e);

/* The entry of a function, or NULL. */
const struct guest_pci *guest_pci_find(const struct guest_pci *list, size_t n, struct bdf bdf);

#endif
