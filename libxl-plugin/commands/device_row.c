/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/device_row.h"

#include <stdio.h>
#include <string.h>

#include "base/document.h"
#include "session/domain.h"

/* held: a guest has what was at this address before, or still has it in QEMU alone. */
static const char *state_of(const struct device_row *row, bool held)
{
    const char *driver = row->f->driver;

    if (row->f->bridge)
        return "bridge";
    if (held)
        return "pending";
    if (row->has_domain)
        return "assigned";
    if (!*driver)
        return "unbound";
    if (!strcmp(driver, PCIBACK))
        return "assignable";
    return driver_is_native(driver) ? "dom0" : "other";
}

void device_row(const struct facts *f, struct inventory *inv, const struct groups *g,
                const struct kdevs *kdevs, const struct pci_function *function,
                struct device_row *ret)
{
    const struct guest_pci *owner = guest_pci_find(f->assigned, f->n_assigned, function->bdf);
    const struct fn_facts *fn = facts_fn(f, function->bdf);
    const struct libvirt_guest *listed = libvirt_lists(&f->libvirt, function->bdf);
    bool held = !owner && fn && fn->held;
    bool lost = owner && (strcmp(function->driver, PCIBACK) ||
                          (fn && fn->lost.kind != LOST_NOT));
    struct device_row row = {
        .f = function, .group = groups_of(g, function->bdf)->id, .kdevs = kdevs,
        .libvirt = listed ? listed->name : NULL,
    };

    if (owner || held) {
        row.has_domain = true;
        row.domid = owner ? owner->domid : fn->held_by;
        row.domain = domain_by_id(f->domains, f->n_domains, row.domid);
        row.vslot = owner ? owner->vslot : 0;
        row.vfunc = owner ? owner->vfunc : 0;
    }
    row.state = state_of(&row, held || lost);
    inventory_name(inv, function, row.name, sizeof(row.name));
    inventory_class_name(inv, function, row.class_name, sizeof(row.class_name));
    *ret = row;
}

void device_row_gone(const struct facts *f, struct inventory *inv, const struct guest_pci *owner,
                     const struct pci_function *function, struct device_row *ret)
{
    struct device_row row = {
        .f = function, .gone = true, .state = "gone", .has_domain = true, .domid = owner->domid,
        .domain = domain_by_id(f->domains, f->n_domains, owner->domid),
        .vslot = owner->vslot, .vfunc = owner->vfunc,
    };

    if (function->vendor != PCI_NO_ID)
        inventory_name(inv, function, row.name, sizeof(row.name));
    inventory_class_name(inv, function, row.class_name, sizeof(row.class_name));
    *ret = row;
}

char *device_row_used_as(const struct device_row *row)
{
    const char *name;
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    for (size_t i = 0; f && row->kdevs && (name = kdevs_used_as(row->kdevs, row->f->bdf, i)); i++)
        fprintf(f, "%s%s", i ? ", " : "", name);
    if (f && fclose(f)) {
        free(text);
        text = NULL;
    }
    return text;
}

const char *device_row_domain(const struct device_row *row, char *buf, size_t size)
{
    if (row->domain)
        return row->domain->name;
    snprintf(buf, size, "%u", row->domid);
    return row->has_domain ? buf : "";
}

void device_row_json(struct json *json, const struct device_row *row)
{
    const struct pci_function *f = row->f;
    const char *name;

    json_str(json, "bdf", BDF_STR(f->bdf));
    json_strf(json, "class", "0x%06x", f->class);
    json_str(json, "class_name", row->class_name);
    json_strf(json, "vendor", "0x%04x", f->vendor);
    json_strf(json, "device", "0x%04x", f->device);
    json_str(json, "name", row->name);
    json_str(json, "given_name", *row->given ? row->given : NULL);
    json_str(json, "driver", *f->driver ? f->driver : NULL);
    if (row->gone)
        json_null(json, "group");
    else
        json_int(json, "group", row->group);
    json_array(json, "used_as");
    for (size_t i = 0; row->kdevs && (name = kdevs_used_as(row->kdevs, f->bdf, i)); i++)
        json_str(json, NULL, name);
    json_end_array(json);
    json_str(json, "state", row->state);
    if (row->has_domain) {
        document_domain(json, row->domid, row->domain ? row->domain->name : NULL);
    } else {
        json_null(json, "domain");
    }
    document_place(json, row->vslot, row->vfunc);
    json_str(json, "libvirt", row->libvirt);
}
