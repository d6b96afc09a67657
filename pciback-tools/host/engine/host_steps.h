/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps on the host, without libxl: a module, moves between drivers, a reset. */
#ifndef XVTD_HOST_STEPS_H
#define XVTD_HOST_STEPS_H

#include <sys/types.h>

#include "driver/driver.h"
#include "driver/giveback.h"
#include "engine/apply.h"

/* LOAD: a module, and the driver that comes with it. */
struct load {
    char module[DRIVER_NAME_MAX], driver[DRIVER_NAME_MAX];
};

/*
 * TAKE, RETURN, BIND, UNBIND: between a native driver and a keeper, which holds the function for
 * guests.
 */
struct move {
    char keeper[DRIVER_NAME_MAX];   /* TAKE, BIND: who gets it */
    struct driver_state before;     /* what has it */
    struct driver_state native;     /* who gets it back in the end; driver "": not known */
    bool unbound;                   /* RETURN: leave it without a driver */
    int group;                      /* BIND, UNBIND: the kernel's IOMMU group, or -1 */
    /* Seen by prepare(): */
    bool interface_up;              /* its network interface was up */
    bool record_known;
    char record[NATIVE_PATH_MAX];   /* the driver's record as it was, or "" */
};

/* OWNER: the file of a VFIO group. */
struct owner {
    int group;
    uid_t uid, before;              /* before: seen by prepare() */
};

STEP_PAYLOAD(struct load, step_load)
STEP_PAYLOAD(struct move, step_move)
STEP_PAYLOAD(struct owner, step_owner_of)

/* Makes these kinds known. */
void host_steps_register(void);

/* apply.h's `owner` where xenstore alone tells; nobody has anything where there is none. */
int host_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e);

/* The same out of a list.  *ret is to be freed, NULL for nobody. */
int owner_in(const struct guest_pci *assigned, size_t n, struct bdf bdf, struct guest_pci **ret,
             struct err *e);

/* Fails with XV_FAILED when somebody has it by now; and the words for that. */
int step_still_free(const struct apply *a, struct bdf bdf, struct err *e);
int step_taken(struct bdf bdf, const struct guest_pci *owner, struct err *e);

/* What the rows have of host_moves.c. */
int move_prepare(const struct apply *a, struct step *step, struct err *e);
int take_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int bind_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int return_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int move_undo(const struct apply *a, struct step *step, struct err *e);
int take_again(const struct apply *a, struct step *step, struct err *e);
int return_again(const struct apply *a, struct step *step, struct err *e);

#endif
