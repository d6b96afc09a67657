/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How journal and manifest write down what they remember of devices and of this machine. */
#ifndef XVTD_REMEMBER_H
#define XVTD_REMEMBER_H

#include "base/identity.h"
#include "base/json.h"
#include "base/json_in.h"
#include "base/root.h"
#include "driver/driver.h"
#include "base/device_form.h"
#include "xen/guest_pci.h"

/* Keys "domid", "vslot", "vfunc" and the options in the open object; all but the bdf. */
void remember_pci(struct json *json, const struct guest_pci *pci);
bool recall_pci(const struct json_value *v, struct guest_pci *ret);

/* An object of this key with "driver" and "override". */
void remember_driver(struct json *json, const char *key, const struct driver_state *state);
bool recall_driver(const struct json_value *v, const char *key, struct driver_state *ret);

/* What identifies a device, wherever it is later. */
struct remembered {
    struct bdf bdf;
    struct bdf was;                 /* restore: what the manifest calls it; else bdf */
    bool has_identity;
    struct identity identity;
    char driver[DRIVER_NAME_MAX];   /* its native one, as far as known; "" */
    char name[DEVICE_NAME_MAX];     /* what people call it, "" */
    unsigned allow;                 /* the overrides that go with it */
    char machine[40];               /* manifest: whose bdf, driver and overrides these are */
    long long group;                /* its co-assignment group, -1 where nobody looked */
    bool settled;                   /* journal: a later command has put it where it is */
};

/* Keys "was", "identity", "driver", "name", "allow", "group", "machine" in the open object, beside "bdf". */
void remember_device(struct json *json, const struct remembered *d);
bool recall_device(const struct json_value *v, struct remembered *ret);

/* /etc/machine-id, or "" where there is none. */
void remember_machine(const struct root *root, char buf[40]);

#endif
