/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form in which journal and manifest record devices and this machine. */
#ifndef XVTD_REMEMBER_H
#define XVTD_REMEMBER_H

#include "base/identity.h"
#include "base/json.h"
#include "base/json_in.h"
#include "base/root.h"
#include "driver/driver.h"
#include "base/device_form.h"
#include "xen/guest_pci.h"

/* Writes "domid", "vslot", "vfunc" and the options into the open object, without the bdf. */
void remember_pci(struct json *json, const struct guest_pci *pci);
bool recall_pci(const struct json_value *v, struct guest_pci *ret);

/* Writes an object with this key, with "driver" and "override". */
void remember_driver(struct json *json, const char *key, const struct driver_state *state);
bool recall_driver(const struct json_value *v, const char *key, struct driver_state *ret);

/* Everything that identifies a device later. */
struct remembered {
    struct bdf bdf;
    struct bdf was;                 /* restore: its address in the manifest; else bdf */
    bool has_identity;
    struct identity identity;
    char driver[DRIVER_NAME_MAX];   /* its native driver; "" if unknown */
    char name[DEVICE_NAME_MAX];     /* the user's name for it, or "" */
    unsigned allow;                 /* the overrides recorded with it */
    char machine[40];               /* manifest: the machine of bdf, driver and overrides */
    long long group;                /* its co-assignment group, -1 if not looked up */
    bool settled;                   /* journal: a later command has moved it */
};

/*
 * Writes "was", "identity", "driver", "name", "allow", "group", "machine" into the open object,
 * beside "bdf".
 */
void remember_device(struct json *json, const struct remembered *d);
bool recall_device(const struct json_value *v, struct remembered *ret);

/* etc/machine-id, or "" if there is none. */
void remember_machine(const struct root *root, char buf[40]);

#endif
