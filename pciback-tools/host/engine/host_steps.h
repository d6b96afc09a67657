/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps on the host, without libxl: a module, moves between drivers, a reset. */
#ifndef XVTD_HOST_STEPS_H
#define XVTD_HOST_STEPS_H

#include <sys/types.h>

#include "driver/driver.h"
#include "driver/giveback.h"
#include "engine/apply.h"
#include "vf/vf_record.h"

/* LOAD: a module, and the driver that comes with it. */
struct load {
    char module[DRIVER_NAME_MAX], driver[DRIVER_NAME_MAX];
};

/*
 * TAKE, RETURN, BIND, UNBIND: moves between a native driver and a keeper, which holds the
 * function for guests.
 */
struct move {
    char keeper[DRIVER_NAME_MAX];   /* TAKE, BIND: the new driver */
    struct driver_state before;     /* the present driver */
    struct driver_state native;     /* gets it back in the end; driver "": unknown */
    bool unbound;                   /* RETURN: leave it without a driver */
    int group;                      /* BIND, UNBIND: the kernel's IOMMU group, or -1 */
    /* Set by prepare(): */
    bool interface_up;              /* its network interface was up */
    bool record_known;
    char record[NATIVE_PATH_MAX];   /* the former record of its driver, or "" */
    struct vf_record vf;            /* its recorded settings */
};

/* OWNER: the file of a VFIO group. */
struct owner {
    int group;
    uid_t uid, before;              /* before: set by prepare() */
};

/* RESET_CARD: of the function's card. */
struct card {
    struct bdf bridge;              /* which resets all below it */
    unsigned n;                     /* how many that are */
};

/* CONFIGURE, PUT_BACK: a virtual function. */
struct configure {
    struct vf_settings want;
    struct vf_record record;        /* the record afterwards, */
    struct vf_record recorded;      /* and before */
    struct vf_settings before;      /* set by prepare(): what the driver had */
    unsigned vslot, vfunc;          /* for the report, if a guest has it; else 0 */
};

STEP_PAYLOAD(struct load, step_load)
STEP_PAYLOAD(struct configure, step_configure)
STEP_PAYLOAD(struct card, step_card)
STEP_PAYLOAD(struct move, step_move)
STEP_PAYLOAD(struct owner, step_owner_of)

/* Registers these kinds of steps. */
void host_steps_register(void);

/* apply.h's `owner`, by xenstore alone; without xenstore no function has an owner. */
int host_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e);

/* The owner in a list.  The caller frees *ret, NULL for no owner. */
int owner_in(const struct guest_pci *assigned, size_t n, struct bdf bdf, struct guest_pci **ret,
             struct err *e);

/* Fails with XV_FAILED if a guest has it now; and the words for that. */
int step_still_free(const struct apply *a, struct bdf bdf, struct err *e);
int step_taken(struct bdf bdf, const struct guest_pci *owner, struct err *e);

/* The functions of host_moves.c that the rows use. */
int move_prepare(const struct apply *a, struct step *step, struct err *e);
int take_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int bind_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int return_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int move_undo(const struct apply *a, struct step *step, struct err *e);
int take_again(const struct apply *a, struct step *step, struct err *e);
int return_again(const struct apply *a, struct step *step, struct err *e);

/* The functions of configure.c that the row uses. */
int configure_prepare(const struct apply *a, struct step *step, struct err *e);
int configure_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
int configure_undo(const struct apply *a, struct step *step, struct err *e);
void configure_describe(const struct step *step, struct step_text *ret);
void configure_tell(const struct step *step, char *buf, size_t size);
void configure_result(const struct step *step, const struct root *root, struct json *json);
void configure_put(const struct step *step, struct json *json);
bool configure_take(struct step *step, const struct json_value *v);
int put_back_prepare(const struct apply *a, struct step *step, struct err *e);
int put_back_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
void put_back_describe(const struct step *step, struct step_text *ret);

#endif
