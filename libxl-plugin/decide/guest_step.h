/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data of steps in guests: ATTACH to MIGRATE. */
#ifndef XVTD_GUEST_STEP_H
#define XVTD_GUEST_STEP_H

#include <stdio.h>

#include "engine/plan.h"
#include "hv/hv.h"
#include "xen/guest_pci.h"

struct guest_step {
    struct guest_pci pci;       /* which function, and where in the guest; its domid alone counts
                                   in a step about the whole guest */
    char guest[HV_NAME_MAX]; /* for messages: the guest's name, or a description */
    unsigned allow;             /* ATTACH: the overrides to record with the device */
    bool lost;                  /* DETACH, CLEAR: it left the host before (lost.h) */
};

STEP_PAYLOAD(struct guest_step, step_guest)

/* Plans a step; dom: its guest, NULL if there is none yet. */
static inline struct step *plan_guest(struct plan *plan, enum step_kind kind,
                                      const struct hv_domain *dom, const struct guest_pci *pci)
{
    struct step *step = plan_add(plan, kind, pci->bdf);

    if (!step)
        return NULL;
    step_guest(step)->pci = *pci;
    if (dom)
        step_guest(step)->pci.domid = dom->domid;
    if (dom)
        snprintf(step_guest(step)->guest, sizeof(step_guest(step)->guest), "%s", dom->name);
    step->final = kind != STEP_ATTACH;
    return step;
}

#endif
