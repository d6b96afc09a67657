/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes functions from their native drivers, for guests or other programs, and gives them back,
 * without libxl: the work of pciback-bind and pciback-unbind.
 *
 *   bind_gather()   looks at everything, once                       bind_facts.c
 *   bind_decide(), unbind_decide()   facts -> plan, or a refusal    bind_decide.c  (pure)
 *   run_plan()      step by step; on failure back in reverse        engine/run.h
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
#include "engine/plan.h"
#include "engine/plan_note.h"
#include "groups/groups.h"
#include "inuse/inuse.h"
#include "pci/inventory.h"
#include "xen/record.h"

/* A driver that only holds a device for another user. */
struct keeper {
    const char *driver, *module;
};

/* The keeper with this driver's name; NULL for any other driver. */
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
    struct holder *holders;         /* uses in dom0; with a keeper only guests with its VFs */
    size_t n_holders;
    struct group_peer *peers;       /* of its co-assignment group, bridges left out */
    size_t n_peers;
    int iommu_group;                /* the kernel's number; -1 if it has none */
    bool group_open;                /* a program has /dev/vfio/iommu_group open */
    bool vf_open;                   /* if of its virtual function vf: that one */
    struct bdf vf;
};

struct bind_facts {
    bool xen;                       /* this is dom0 */
    enum keeper_there there;        /* the requested driver */
    struct bind_fn *fns;
    size_t n;
};

/*
 * Looks at the functions, which exist.  keeper: NULL if none is to be bound.  The caller calls
 * bind_facts_clear() in any case.  Errors: XV_CANNOT.
 */
int bind_gather(struct bind_facts *f, const struct root *root, const struct records *records,
                const struct inventory *inv, const struct groups *groups,
                const struct keeper *keeper, const struct bdf *bdfs, size_t n, struct err *e);
void bind_facts_clear(struct bind_facts *f);

/*
 * A function's peers by groups.h, and the other members of its kernel IOMMU group.  The caller
 * frees *ret.
 */
int bind_peers(const struct root *root, const struct inventory *inv,
               const struct groups *groups, struct bdf bdf, struct group_peer **ret, size_t *n,
               struct err *e);

struct bind_request {
    const struct keeper *keeper;
    unsigned allow;                 /* enum allow */
    bool owner;                     /* give the group's files to uid */
    uid_t uid;
};

/*
 * Plans to bring all functions to the keeper.  Errors: XV_REFUSED, XV_CANNOT.
 */
int bind_decide(const struct bind_facts *f, const struct bind_request *request,
                struct plan *plan, struct plan_notes *notes, struct err *e);

/* Plans to give all functions back.  Errors: XV_REFUSED. */
int unbind_decide(const struct bind_facts *f, unsigned allow, struct plan *plan, struct err *e);

#endif
