/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps on the host, without libxl: a module, moves between drivers, a reset. */
#ifndef XVTD_HOST_STEPS_H
#define XVTD_HOST_STEPS_H

#include "driver/driver.h"
#include "driver/giveback.h"
#include "engine/apply.h"

/* LOAD: a module, and the driver that comes with it. */
struct load {
    char module[DRIVER_NAME_MAX], driver[DRIVER_NAME_MAX];
};

/* TAKE, RETURN: between a native driver and the one that holds the function for guests. */
struct move {
    struct driver_state before;     /* what has it */
    struct driver_state native;     /* who gets it back in the end; driver "": not known */
    bool unbound;                   /* RETURN: leave it without a driver */
    /* Seen by prepare(): */
    bool interface_up;              /* its network interface was up */
    bool record_known;
    char record[NATIVE_PATH_MAX];   /* the driver's record as it was, or "" */
};

STEP_PAYLOAD(struct load, step_load)
STEP_PAYLOAD(struct move, step_move)

/* Makes these kinds known. */
void host_steps_register(void);

/* Who has the function now?  *ret is to be freed, NULL for nobody. */
int step_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e);

/* Fails with XV_FAILED when somebody has it by now. */
int step_still_free(const struct apply *a, struct bdf bdf, struct err *e);

#endif
