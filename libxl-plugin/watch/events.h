/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to functions: the difference of two looks at xenstore, and what the kernel
 * tells of drivers.  Nothing here looks at anything.
 */
#ifndef XVTD_EVENTS_H
#define XVTD_EVENTS_H

#include "driver/driver.h"
#include "driver/uevent.h"
#include "hv/hv.h"
#include "pci/inventory.h"
#include "xen/guest_pci.h"

enum event_kind {
    EVENT_ATTACHED,
    EVENT_DETACHED,
    EVENT_GUEST_GONE,   /* a guest that has had functions; `devices`: those it had at its end */
    EVENT_DRIVER,       /* the function has another driver, or none */
    EVENT_AER_FAIL,     /* pciback gave up a guest's function after a PCI error, and does not
                           say which: `devices` (pci_stub.c, kill_domain_by_device()) */
};

struct event {
    enum event_kind kind;
    struct bdf bdf;                 /* ATTACHED, DETACHED, DRIVER */
    uint32_t domid;                 /* all but DRIVER */
    const char *domain;             /* its name, "" where it is not known */
    unsigned vslot, vfunc;          /* ATTACHED, DETACHED; vslot 0: not known */
    const char *driver, *before;    /* DRIVER; "" for none */
    const struct bdf *devices;
    size_t n_devices;
};

/* Valid until it returns.  Returns 0 or a negative errno, which ends the telling. */
typedef int event_fn(const struct event *event, void *user, struct err *e);

/* "attached": what scripts see. */
const char *event_word(enum event_kind kind);

/* One look at xenstore. */
struct event_state {
    struct guest_pci *functions;
    size_t n;
    struct event_domain {
        uint32_t domid;
        char name[HV_NAME_MAX];
        bool lives;
        bool failed;                /* aerState is aerfail */
    } *domains;                     /* of those functions, and those of the look before that
                                       live on */
    size_t n_domains;
};

void event_state_clear(struct event_state *state);
struct event_domain *event_state_domain(const struct event_state *state, uint32_t domid);

/* Tells what has happened between two looks: what has gone before what has come. */
int events_between(const struct event_state *before, const struct event_state *after,
                   event_fn *tell, void *user, struct err *e);

/* Which driver each function has. */
struct event_drivers {
    struct event_driver {
        struct bdf bdf;
        char driver[DRIVER_NAME_MAX];
    } *list;
    size_t n;
};

/* Tells if it changes something.  Errors: -ENOMEM, and tell's. */
int events_uevent(struct event_drivers *drivers, const struct uevent *uevent, event_fn *tell,
                  void *user, struct err *e);

/* The same for all functions as they are now; tell NULL: for the first time. */
int events_drivers(struct event_drivers *drivers, const struct inventory *inv, event_fn *tell,
                   void *user, struct err *e);

#endif
