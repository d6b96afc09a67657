/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Computes events: from two looks at xenstore, and from the kernel's driver events.  Nothing here
 * looks at the system.
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
    EVENT_GUEST_GONE,   /* a guest that had functions has ended; `devices`: those at its end */
    EVENT_DRIVER,       /* the function has another driver, or none */
    EVENT_AER_FAIL,     /* pciback gave up a guest's function after a PCI error, and does not
                           say which: `devices` (pci_stub.c, kill_domain_by_device()) */
    EVENT_GONE,         /* the host no longer has a function that xenstore lists for a guest */
    EVENT_PLUGGED,      /* the host has a function again where xenstore lists one that was gone */
    EVENT_ERROR,        /* a PCI error of a guest's function, ... */
    EVENT_RECOVERED,    /* ... and the kernel has ended it, */
    EVENT_NOT_RECOVERED, /* ... or could not */
    EVENT_LINK,         /* the link above a guest's function is down */
};

struct event {
    enum event_kind kind;
    struct bdf bdf;                 /* valid with all but GUEST_GONE, AER_FAIL */
    uint32_t domid;                 /* valid with all but DRIVER */
    const char *domain;             /* its name, "" if unknown */
    unsigned vslot, vfunc;          /* of a guest's function; vslot 0: unknown */
    const char *driver, *before;    /* DRIVER; "" for none */
    const struct bdf *devices;
    size_t n_devices;
};

/* The event is valid until it returns.  Returns 0 or a negative errno, which ends the report. */
typedef int event_fn(const struct event *event, void *user, struct err *e);

/* "attached": the event's name in JSON. */
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
    } *domains;                     /* of those functions, and those of the last look
                                       that still run */
    size_t n_domains;
};

void event_state_clear(struct event_state *state);
struct event_domain *event_state_domain(const struct event_state *state, uint32_t domid);

/* Reports the events between two looks: first what has gone, then what has come. */
int events_between(const struct event_state *before, const struct event_state *after,
                   event_fn *tell, void *user, struct err *e);

/* The driver of each function. */
struct event_drivers {
    struct event_driver {
        struct bdf bdf;
        char driver[DRIVER_NAME_MAX];
    } *list;
    size_t n;
};

/*
 * Reports an event if the driver has changed, and what happens to functions that xenstore lists
 * for guests.  Errors: -ENOMEM, and tell's.
 */
int events_uevent(struct event_drivers *drivers, const struct event_state *state,
                  const struct uevent *uevent, event_fn *tell, void *user, struct err *e);

/* Does so for all functions as they are now; tell NULL: the first time, without events. */
int events_drivers(struct event_drivers *drivers, const struct event_state *state,
                   const struct inventory *inv, event_fn *tell, void *user, struct err *e);

/* Functions behind a link that is down. */
struct event_links {
    struct bdf *down;
    size_t n;
};

/*
 * Reports an event for each of the state's functions that is in `now` and not in `before`.
 * Errors: tell's.
 */
int events_links(const struct event_links *before, const struct event_links *now,
                 const struct event_state *state, event_fn *tell, void *user, struct err *e);

#endif
