/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking functions from their native drivers for somebody else's use, and giving them back,
 * without libxl: what pciback-bind and pciback-unbind do.
 *
 *   bind_gather()   looks at everything, once                       bind_facts.c
 *   bind_decide(), unbind_decide()   facts -> plan, or a refusal    bind_decide.c  (pure)
 *   bind_apply()    step by step; on failure back in reverse        bind_apply.c
 */
#ifndef XVTD_BIND_H
#define XVTD_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/root.h"
#include "driver/allow.h"
#include "driver/driver.h"
#include "groups/groups.h"
#include "inuse/inuse.h"
#include "pci/inventory.h"
#include "xen/record.h"

/* A driver that does nothing with a device but hold it for somebody else. */
struct keeper {
    const char *driver, *module;
};

/* By the driver's name; NULL for any other driver. */
const struct keeper *keeper_find(const char *driver);

enum keeper_there { KEEPER_LOADED, KEEPER_LOADABLE, KEEPER_MISSING };

struct bind_fn {
    struct bdf bdf;
    bool bridge;
    bool boot_hidden;               /* hide_at_boot() */
    bool owned;                     /* a guest has it: domid */
    uint32_t domid;
    struct driver_state driver;
    struct driver_state native;     /* on record */
    struct holder *holders;         /* what dom0 does with it; empty when a keeper has it */
    size_t n_holders;
    struct group_peer *peers;       /* of its co-assignment group, bridges left out */
    size_t n_peers;
    int iommu_group;                /* the kernel's number; -1: it has none */
    bool group_open;                /* a program has /dev/vfio/iommu_group open */
};

struct bind_facts {
    bool xen;                       /* this is dom0 */
    enum keeper_there there;        /* the driver that is asked for */
    struct bind_fn *fns;
    size_t n;
};

/*
 * Looks at the functions, which exist.  keeper: NULL when none is to be bound.
 * bind_facts_clear() in any case.  Errors: XV_CANNOT.
 */
int bind_gather(struct bind_facts *f, const struct root *root, const struct records *records,
                const struct inventory *inv, const struct groups *groups,
                const struct keeper *keeper, const struct bdf *bdfs, size_t n, struct err *e);
void bind_facts_clear(struct bind_facts *f);

/*
 * A function's peers as groups.h finds them, and those that the kernel has in the same
 * IOMMU group besides.  *ret is to be freed.
 */
int bind_peers(const struct root *root, const struct inventory *inv,
               const struct groups *groups, struct bdf bdf, struct group_peer **ret, size_t *n,
               struct err *e);

enum bind_kind {
    BIND_LOAD,      /* load the keeper's module */
    BIND_TAKE,      /* from its driver to the keeper */
    BIND_RETURN,    /* from a keeper, or from nowhere, to its native driver */
    BIND_OWNER,     /* /dev/vfio/group to the user */
};

enum bind_status { BIND_WAITING, BIND_DONE, BIND_ALREADY, BIND_UNDONE, BIND_FAILED };

struct bind_step {
    enum bind_kind kind;
    struct bdf bdf;                 /* TAKE, RETURN */
    const struct keeper *keeper;    /* LOAD, TAKE; RETURN: what had it, or NULL */
    struct driver_state before;     /* TAKE, RETURN */
    struct driver_state native;     /* who gets it back; driver "": not known */
    bool begun;                     /* by bind_apply(), which then knows the next three */
    bool interface_up;              /* its network interface was up */
    bool quarantined;               /* TAKE: by us */
    char record[DRIVER_NAME_MAX + 32]; /* the driver's record as it was, or "" */
    int group;                      /* the IOMMU group's number, or -1 */
    uid_t uid, uid_before;          /* OWNER */
    enum bind_status status;
    char message[256];              /* how it ended, for people */
};

struct bind_plan {
    struct bind_step *steps;        /* released with free() */
    size_t n;
    char note[400];                 /* what a person should know before, or "" */
};

struct bind_request {
    const struct keeper *keeper;
    unsigned allow;                 /* enum allow */
    bool owner;                     /* the group's files go to uid */
    uid_t uid;
};

/* Plans to bring all functions to the keeper.  Errors: XV_REFUSED, XV_CANNOT. */
int bind_decide(const struct bind_facts *f, const struct bind_request *request,
                struct bind_plan *plan, struct err *e);

/* Plans to give all functions back.  Errors: XV_REFUSED. */
int unbind_decide(const struct bind_facts *f, unsigned allow, struct bind_plan *plan,
                  struct err *e);

/* What the step does and how it would be undone, for people. */
void bind_describe(const struct bind_step *step, char *text, size_t text_size, char *undo,
                   size_t undo_size);

/*
 * Applies the waiting steps in order; `tell`, unless NULL, is called before each.  A signal
 * is looked for between steps.  Errors: XV_FAILED when all is back as it was, XV_INCOMPLETE
 * when an undo failed too, XV_CANNOT.
 */
int bind_apply(const struct root *root, const struct records *records, struct bind_plan *plan,
               void (*tell)(const struct bind_step *step, void *user), void *user,
               struct err *e);

#endif
