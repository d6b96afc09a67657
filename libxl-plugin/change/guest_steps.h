/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of steps in guests: their rows of plan.h. */
#ifndef XVTD_GUEST_STEPS_H
#define XVTD_GUEST_STEPS_H

#include "change/manifest.h"
#include "decide/guest_step.h"
#include "engine/apply.h"
#include "hv/hv.h"

/* apply.h's `guest`: what the steps in guests need. */
struct guest_side {
    struct hv *hv;
    const struct hv_domain *domains;    /* steps find their domain here by domid */
    size_t n_domains;
    const struct manifest *manifest;    /* for REMEMBER and FORGET */
    unsigned timeout_ms;                /* how long a guest may take to release a device */
    bool force;                         /* DETACH: destroy what the guest does not release */
};

/* Registers these kinds of steps, and those of the host. */
void guest_steps_register(void);

/* apply.h's `owner`.  It reads guests' entries only when Xen says that the function has an owner. */
int guest_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e);

/* Is the step one of these kinds, not one of the host's? */
bool step_is_guests(const struct step *step);

/* Corrects libxl's record of the function's owner. */
int step_mend_owner(const struct apply *a, struct bdf bdf, struct err *e);

/* The functions of guest_moves.c that the rows use. */
int attach_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int attach_undo(const struct apply *a, struct step *step, struct err *e);
int detach_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int detach_undo(const struct apply *a, struct step *step, struct err *e);
int clear_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);

#endif
