/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/remember.h"

#include <stdio.h>
#include <string.h>

#include "driver/allow.h"

void remember_pci(struct json *json, const struct guest_pci *pci)
{
    json_int(json, "domid", pci->domid);
    if (pci->vslot)
        json_strf(json, "vslot", "0x%02x", pci->vslot);
    else
        json_null(json, "vslot");
    json_int(json, "vfunc", pci->vfunc);
    json_bool(json, "permissive", pci->permissive);
    json_bool(json, "msitranslate", pci->msitranslate);
    json_bool(json, "power_mgmt", pci->power_mgmt);
    json_str(json, "rdm_policy", pci->rdm_policy == GUEST_RDM_RELAXED ? "relaxed" : "strict");
    if (pci->vf.has)
        json_str(json, "vf", VF_SETTINGS_STR(&pci->vf));
}

bool recall_pci(const struct json_value *v, struct guest_pci *ret)
{
    const char *vslot = json_member_str(v, "vslot");
    const char *rdm = json_member_str(v, "rdm_policy"), *vf = json_member_str(v, "vf");
    struct guest_pci pci = {
        .permissive = json_member_bool(v, "permissive"),
        .msitranslate = json_member_bool(v, "msitranslate"),
        .power_mgmt = json_member_bool(v, "power_mgmt"),
        .rdm_policy = rdm && !strcmp(rdm, "relaxed") ? GUEST_RDM_RELAXED : GUEST_RDM_STRICT,
    };
    long long vfunc = 0, domid = 0;
    struct err ignored;

    if ((vslot && vslot_parse(vslot, &pci.vslot, &ignored)) ||
        !json_member_int(v, "vfunc", 0, 7, &vfunc) ||
        (vf && vf_settings_parse(vf, &pci.vf, &ignored)) ||
        !json_member_int(v, "domid", 0, UINT32_MAX, &domid))
        return false;
    pci.vfunc = (unsigned)vfunc;
    pci.domid = (uint32_t)domid;
    *ret = pci;
    return true;
}

void remember_driver(struct json *json, const char *key, const struct driver_state *state)
{
    json_object(json, key);
    json_str(json, "driver", *state->driver ? state->driver : NULL);
    json_str(json, "override", *state->override ? state->override : NULL);
    json_end_object(json);
}

void remember_device(struct json *json, const struct remembered *d)
{
    char identity[IDENTITY_TEXT_MAX], allow[ALLOW_TEXT_MAX];

    if (d->has_identity)
        identity_format(&d->identity, identity);
    allow_format(d->allow, allow);
    if (!bdf_equal(d->was, d->bdf))
        json_str(json, "was", BDF_STR(d->was));
    json_str(json, "identity", d->has_identity ? identity : NULL);
    json_str(json, "driver", *d->driver ? d->driver : NULL);
    json_str(json, "name", *d->name ? d->name : NULL);
    json_str(json, "allow", allow);
    if (*d->machine)
        json_str(json, "machine", d->machine);
    if (d->group < 0)
        json_null(json, "group");
    else
        json_int(json, "group", d->group);
}

static bool copy(char *buf, size_t size, const char *text)
{
    return !text || snprintf(buf, size, "%s", text) < (int)size;
}

bool recall_device(const struct json_value *v, struct remembered *d)
{
    const char *bdf = json_member_str(v, "bdf"), *identity = json_member_str(v, "identity");
    const char *driver = json_member_str(v, "driver"), *name = json_member_str(v, "name");
    const char *allow = json_member_str(v, "allow"), *was = json_member_str(v, "was");
    struct err ignored;

    *d = (struct remembered){ .group = -1, .has_identity = identity != NULL };
    if (!bdf || bdf_parse(bdf, &d->bdf, &ignored) ||
        bdf_parse(was ? was : bdf, &d->was, &ignored) ||
        (identity && !identity_parse(identity, &d->identity)) ||
        (driver && !driver_name_valid(driver)) || !copy(d->driver, sizeof(d->driver), driver) ||
        (name && !device_name_valid(name)) ||
        !copy(d->machine, sizeof(d->machine), json_member_str(v, "machine")) || !copy(d->name, sizeof(d->name), name))
        return false;
    d->allow = allow ? allow_read(allow) & ALLOW_CARRIED : 0;
    json_member_int(v, "group", 0, INT32_MAX, &d->group);
    return true;
}

static bool recall_name(const struct json_value *v, const char *key, char *buf)
{
    const char *name = json_member_str(v, key);

    if (!name)
        return true;
    snprintf(buf, DRIVER_NAME_MAX, "%s", name);
    return driver_name_valid(name);
}

bool recall_driver(const struct json_value *v, const char *key, struct driver_state *ret)
{
    const struct json_value *o = json_member(v, key);
    struct driver_state state = { "", "" };

    if (!o || !recall_name(o, "driver", state.driver) ||
        !recall_name(o, "override", state.override))
        return false;
    *ret = state;
    return true;
}

void remember_machine(const struct root *root, char buf[40])
{
    if (root_readf(root, buf, 40, "etc/machine-id") < 0)
        *buf = '\0';
}
