/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `list` and `show` both print of a function: kind, owner and state. */
#ifndef XVTD_DEVICE_ROW_H
#define XVTD_DEVICE_ROW_H

#include "base/json.h"
#include "decide/facts.h"
#include "names/names.h"
#include "pci/kdev.h"
#include "session/xvtd.h"

struct device_row {
    const struct pci_function *f;
    bool gone;                      /* the host does not have it; no group then */
    uint32_t group;                 /* its co-assignment group's number */
    const char *state;              /* "dom0", "unbound", "assignable", ... */
    bool has_domain;                /* a guest has it, or its QEMU still does */
    uint32_t domid;                 /* valid with has_domain */
    const struct hv_domain *domain; /* NULL if it does not run */
    unsigned vslot, vfunc;          /* 0: none, or unknown */
    const char *libvirt;            /* the guest on whose list libvirt has it, or NULL */
    const struct kdevs *kdevs;      /* kdevs_used_as() */
    char name[160], class_name[80];
    char given[DEVICE_NAME_MAX];    /* the user's name, set by the caller; "" for none */
};

/*
 * f: domains and assignments, and the function's facts if it is in f: these say whether a QEMU
 * still has it.  The result points into all of them.
 */
void device_row(const struct facts *f, struct inventory *inv, const struct groups *g,
                const struct kdevs *kdevs, const struct pci_function *function,
                struct device_row *ret);

/*
 * The same for a function that a guest has by xenstore, and the host does not have.  function: its
 * address, and what is known of it.
 */
void device_row_gone(const struct facts *f, struct inventory *inv, const struct guest_pci *owner,
                     const struct pci_function *function, struct device_row *ret);

/* Writes the keys of docs/schema/list.json into the open object. */
void device_row_json(struct json *json, const struct device_row *row);

/* dom0's uses, "eth1, eth2" or ""; the caller frees it.  NULL when memory is short. */
char *device_row_used_as(const struct device_row *row);

/* The guest's name or number, or "". */
const char *device_row_domain(const struct device_row *row, char *buf, size_t size);

#endif
