/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"

/* Text output: a label once, its values below each other. */
struct lines {
    const char *label;  /* NULL after it was printed */
};

__attribute__((format(printf, 2, 3)))
static void say(struct lines *l, const char *fmt, ...)
{
    AUTO_FREE char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    out_line("    %-14s%s", l->label ? l->label : "", text ? text : "?");
    l->label = NULL;
}

/* "272 KiB": bytes in the largest unit without a remainder. */
static const char *size_text(uint64_t bytes, char buf[32])
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
    size_t unit = 0;

    while (bytes && !(bytes & 0x3ff) && unit + 1 < ARRAY_LEN(units)) {
        bytes >>= 10;
        unit++;
    }
    snprintf(buf, 32, "%" PRIu64 " %s", bytes, units[unit]);
    return buf;
}

static void json_bdfs(struct json *json, const char *key, const struct bdf *bdfs, size_t n)
{
    json_array(json, key);
    for (size_t i = 0; i < n; i++)
        json_str(json, NULL, BDF_STR(bdfs[i]));
    json_end_array(json);
}

static void json_text(struct json *json, const char *key, const char *text)
{
    json_str(json, key, *text ? text : NULL);
}

static void say_bdfs(struct lines *l, const char *before, const struct bdf *bdfs, size_t n)
{
    if (n)
        say(l, "%s", before);
    for (size_t i = 0; i < n; i++)
        say(l, "  %s", BDF_STR(bdfs[i]));
}

/* Identity and address */

static void name_text(struct lines *l, const struct show *s)
{
    if (*s->row.given)
        say(l, "%s", s->row.given);
}

static void ids_text(struct lines *l, const struct show *s)
{
    const struct identity *id = &s->detail.identity;

    say(l, "%04x:%04x, subsystem %04x:%04x, revision %02x", id->vendor, id->device,
        id->subvendor, id->subdevice, s->detail.revision);
}

static void ids_json(struct json *json, const struct show *s)
{
    const struct identity *id = &s->detail.identity;
    char text[IDENTITY_TEXT_MAX];

    json_strf(json, "subsystem_vendor", "0x%04x", id->subvendor);
    json_strf(json, "subsystem_device", "0x%04x", id->subdevice);
    json_strf(json, "revision", "0x%02x", s->detail.revision);
    identity_format(id, text);
    json_str(json, "identity", text);
}

static void class_text(struct lines *l, const struct show *s)
{
    say(l, "%s (%06x)", s->row.class_name, s->row.f->class);
}

static void serial_text(struct lines *l, const struct show *s)
{
    char text[IDENTITY_TEXT_MAX];

    identity_serial_format(&s->detail.identity, text);
    if (*text)
        say(l, "%s", text);
}

static void path_text(struct lines *l, const struct show *s)
{
    if (*s->detail.path)
        say(l, "/%s", s->detail.path);
}

static void path_json(struct json *json, const struct show *s)
{
    if (*s->detail.path)
        json_strf(json, "path", "/%s", s->detail.path);
    else
        json_null(json, "path");
}

static void parent_text(struct lines *l, const struct show *s)
{
    if (s->detail.has_parent)
        say(l, "%s", BDF_STR(s->detail.parent));
    else if (groups_facts(s->groups)[s->detail.index].above == ABOVE_ROOT)
        say(l, "none, it is on a root bus");
}

static void parent_json(struct json *json, const struct show *s)
{
    json_str(json, "parent", s->detail.has_parent ? BDF_STR(s->detail.parent) : NULL);
}

static void place_text(struct lines *l, const struct show *s)
{
    if (*s->detail.slot)
        say(l, "%s", s->detail.slot);
}

static void place_json(struct json *json, const struct show *s)
{
    json_text(json, "physical_slot", s->detail.slot);
    if (s->detail.numa_node >= 0)
        json_int(json, "numa_node", s->detail.numa_node);
    else
        json_null(json, "numa_node");
}

static void numa_text(struct lines *l, const struct show *s)
{
    if (s->detail.numa_node >= 0)
        say(l, "%d", s->detail.numa_node);
}

/* Owner */

static void driver_text(struct lines *l, const struct show *s)
{
    const char *driver = *s->row.f->driver ? s->row.f->driver : "none";

    if (*s->detail.override)
        say(l, "%s (driver_override: %s)", driver, s->detail.override);
    else
        say(l, "%s", driver);
}

static void driver_json(struct json *json, const struct show *s)
{
    json_text(json, "driver_override", s->detail.override);
}

static void used_text(struct lines *l, const struct show *s)
{
    AUTO_FREE char *used_as = device_row_used_as(&s->row);

    if (used_as && *used_as)
        say(l, "%s", used_as);
}

static void state_text(struct lines *l, const struct show *s)
{
    char domain[16];

    if (!s->row.has_domain)
        say(l, "%s", s->row.state);
    else if (s->row.vslot)
        say(l, "%s, %s has it at 0x%02x", s->row.state,
            device_row_domain(&s->row, domain, sizeof(domain)), s->row.vslot);
    else
        say(l, "%s, %s has it", s->row.state,
            device_row_domain(&s->row, domain, sizeof(domain)));
}

static void group_text(struct lines *l, const struct show *s)
{
    const struct group *group = groups_of(s->groups, s->row.f->bdf);

    if (group->n_members == 1)
        say(l, "%u, alone", group->id);
    else
        say(l, "%u, with", group->id);
    for (size_t i = 0; i < group->n_members; i++) {
        struct bdf bdf = inventory_at(s->inv, group->members[i])->bdf;

        if (!bdf_equal(bdf, s->row.f->bdf))
            say(l, "  %s", BDF_STR(bdf));
    }
}

static void group_json(struct json *json, const struct show *s)
{
    const struct group *group = groups_of(s->groups, s->row.f->bdf);

    json_array(json, "group_devices");
    for (size_t i = 0; i < group->n_members; i++)
        json_str(json, NULL, BDF_STR(inventory_at(s->inv, group->members[i])->bdf));
    json_end_array(json);
}

/* Abilities */

static void rate_text(struct link_rate rate, char buf[32])
{
    const char *speed = link_speed(rate.speed);

    snprintf(buf, 32, "%s GT/s x%u", speed ? speed : "?", rate.width);
}

static void link_text(struct lines *l, const struct show *s)
{
    const struct function_detail *d = &s->detail;
    char cap[32], now[32];

    if (!d->has_link)
        return;
    rate_text(d->link_cap, cap);
    rate_text(d->link_now, now);
    say(l, "%s of at most %s, port %u", d->link_now.width ? now : "down,", cap, d->link_port);
}

static void json_rate(struct json *json, const char *speed_key, const char *width_key,
                      struct link_rate rate)
{
    if (link_speed(rate.speed))
        json_strf(json, speed_key, "%s GT/s", link_speed(rate.speed));
    else
        json_null(json, speed_key);
    json_int(json, width_key, rate.width);
}

static void link_json(struct json *json, const struct show *s)
{
    if (!s->detail.has_link) {
        json_null(json, "link");
        return;
    }
    json_object(json, "link");
    json_int(json, "port", s->detail.link_port);
    json_rate(json, "speed", "width", s->detail.link_now);
    json_rate(json, "max_speed", "max_width", s->detail.link_cap);
    json_end_object(json);
}

static void sriov_text(struct lines *l, const struct show *s)
{
    if (s->detail.sriov == SRIOV_VF)
        say(l, "a virtual function of %s", BDF_STR(s->detail.pf));
    if (s->detail.sriov != SRIOV_PF)
        return;
    say(l, "%u of %u virtual functions%s", s->detail.vfs_now, s->detail.vfs_total,
        s->n_vfs ? ":" : "");
    for (size_t i = 0; i < s->n_vfs; i++)
        say(l, "  %s", BDF_STR(s->vfs[i]));
}

static void sriov_json(struct json *json, const struct show *s)
{
    if (s->detail.sriov == SRIOV_NONE) {
        json_null(json, "sriov");
        return;
    }
    json_object(json, "sriov");
    if (s->detail.sriov == SRIOV_VF) {
        json_str(json, "role", "vf");
        json_str(json, "pf", BDF_STR(s->detail.pf));
    } else {
        json_str(json, "role", "pf");
        json_int(json, "total", s->detail.vfs_total);
        json_int(json, "present", s->detail.vfs_now);
        json_bdfs(json, "vfs", s->vfs, s->n_vfs);
    }
    json_end_object(json);
}

static void reset_text(struct lines *l, const struct show *s)
{
    char text[256] = "";
    size_t len = 0;

    for (size_t i = 0; i < s->detail.n_resets; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? ", " : "",
                                s->detail.resets[i]);
    say(l, "%s%s", *text ? text : "no way to reset it alone",
        s->detail.resets_by_kernel ? "" : " (by its capabilities)");
    say_bdfs(l, "a reset of its bus also resets", s->bus_peers,
             s->detail.bus_reset ? s->n_bus_peers : 0);
}

static void reset_json(struct json *json, const struct show *s)
{
    json_array(json, "reset_methods");
    for (size_t i = 0; i < s->detail.n_resets; i++)
        json_str(json, NULL, s->detail.resets[i]);
    json_end_array(json);
    json_str(json, "reset_source", s->detail.resets_by_kernel ? "kernel" : "capabilities");
    if (s->detail.bus_reset)
        json_bdfs(json, "bus_reset_takes", s->bus_peers, s->n_bus_peers);
    else
        json_null(json, "bus_reset_takes");
}

static void memory_text(struct lines *l, const struct show *s)
{
    char size[32];

    for (size_t i = 0; i < RESOURCE_BARS; i++) {
        const struct resource *r = &s->detail.resources[i];

        if (r->size)
            say(l, "BAR %zu: %s of %s at 0x%" PRIx64 "%s%s", i, size_text(r->size, size),
                r->memory ? "memory" : "I/O ports", r->start, r->wide ? ", 64-bit" : "",
                r->prefetch ? ", prefetchable" : "");
    }
    if (s->detail.memory)
        say(l, "%s of memory in all", size_text(s->detail.memory, size));
}

static void memory_json(struct json *json, const struct show *s)
{
    json_array(json, "bars");
    for (size_t i = 0; i < RESOURCE_BARS; i++) {
        const struct resource *r = &s->detail.resources[i];

        if (!r->size)
            continue;
        json_object(json, NULL);
        json_int(json, "bar", (long long)i);
        json_str(json, "type", r->memory ? "memory" : "io");
        json_strf(json, "start", "0x%" PRIx64, r->start);
        json_int(json, "size", (long long)r->size);
        json_bool(json, "64bit", r->wide);
        json_bool(json, "prefetchable", r->prefetch);
        json_end_object(json);
    }
    json_end_array(json);
    json_int(json, "memory", (long long)s->detail.memory);
}

static void rom_text(struct lines *l, const struct show *s)
{
    uint64_t bytes = s->detail.resources[RESOURCE_ROM].size;
    char size[32];

    if (s->detail.rom)
        say(l, "%s", bytes ? size_text(bytes, size) : "yes");
}

static void rom_json(struct json *json, const struct show *s)
{
    if (!s->detail.rom) {
        json_null(json, "rom");
        return;
    }
    json_object(json, "rom");
    json_int(json, "size", (long long)s->detail.resources[RESOURCE_ROM].size);
    json_end_object(json);
}

static void interrupts_text(struct lines *l, const struct show *s)
{
    const struct function_detail *d = &s->detail;

    if (d->intx_pin && d->irq)
        say(l, "INT%c, irq %u", 'A' + (int)d->intx_pin - 1, d->irq);
    else if (d->intx_pin)
        say(l, "INT%c", 'A' + (int)d->intx_pin - 1);
    if (d->msi)
        say(l, "MSI, %u vector%s%s", d->msi, d->msi == 1 ? "" : "s", d->msi_on ? ", on" : "");
    if (d->msix)
        say(l, "MSI-X, %u vector%s%s", d->msix, d->msix == 1 ? "" : "s",
            d->msix_on ? ", on" : "");
}

static void json_vectors(struct json *json, const char *key, unsigned vectors, bool on)
{
    if (!vectors) {
        json_null(json, key);
        return;
    }
    json_object(json, key);
    json_int(json, "vectors", vectors);
    json_bool(json, "enabled", on);
    json_end_object(json);
}

static void interrupts_json(struct json *json, const struct show *s)
{
    const struct function_detail *d = &s->detail;

    if (d->intx_pin)
        json_strf(json, "intx", "INT%c", 'A' + (int)d->intx_pin - 1);
    else
        json_null(json, "intx");
    json_int(json, "irq", d->irq);
    json_vectors(json, "msi", d->msi, d->msi_on);
    json_vectors(json, "msix", d->msix, d->msix_on);
}

/* Memory that the firmware reserves for it, and whether an IOMMU translates its DMA. */
static void firmware_text(struct lines *l, const struct show *s)
{
    const struct firmware *fw = &s->facts.firmware;
    const struct firmware_region *region = firmware_region_of(fw, s->row.f->bdf);
    const struct firmware_region *shared = firmware_shared_region(fw, s->row.f->bdf);

    if (shared)
        region = shared;
    if (!firmware_covers(fw, s->row.f->bdf))
        say(l, "no IOMMU translates its DMA");
    if (region)
        say(l, "memory at 0x%" PRIx64 "-0x%" PRIx64 " is reserved for %s (%s)%s", region->base,
            region->end, region->all ? "every device" : "it", firmware_region_name(fw),
            shared ? ", and for others" : "");
}

static void firmware_json(struct json *json, const struct show *s)
{
    const struct firmware *fw = &s->facts.firmware;

    json_array(json, "reserved_memory");
    for (size_t i = 0; i < fw->n_regions; i++) {
        const struct firmware_region *region = &fw->regions[i];

        if (!firmware_region_has(region, s->row.f->bdf))
            continue;
        json_object(json, NULL);
        json_str(json, "kind", firmware_region_name(fw));
        json_strf(json, "start", "0x%" PRIx64, region->base);
        json_strf(json, "end", "0x%" PRIx64, region->end);
        json_bool(json, "shared", region->all || region->named > 1);
        json_end_object(json);
    }
    json_end_array(json);
    json_bool(json, "translated", firmware_covers(fw, s->row.f->bdf));
}

static void display_text(struct lines *l, const struct show *s)
{
    if (s->detail.boot_vga)
        say(l, "used by the firmware (boot_vga)");
}

static void display_json(struct json *json, const struct show *s)
{
    json_bool(json, "boot_vga", s->detail.boot_vga);
}

static void power_text(struct lines *l, const struct show *s)
{
    if (*s->detail.power)
        say(l, "%s", s->detail.power);
}

static void power_json(struct json *json, const struct show *s)
{
    json_text(json, "power_state", s->detail.power);
}

/* What `assign` or `assignable` would say */

static void in_use_text(struct lines *l, const struct show *s)
{
    const struct fn_facts *fn = &s->facts.fns[0];

    if (fn->use_unknown)
        say(l, "unknown");
    for (size_t i = 0; i < fn->n_holders; i++)
        say(l, "%s (%s)", HOLDER_STR(&fn->holders[i]), fn->holders[i].what);
}

static void in_use_json(struct json *json, const struct show *s)
{
    holders_json(json, s->facts.fns[0].holders, s->facts.fns[0].n_holders);
}

static const char *reason(const struct show *s, const struct err *refusal)
{
    return err_cause(refusal, BDF_STR(s->row.f->bdf));
}

static void assignable_text(struct lines *l, const struct show *s)
{
    const struct verdict *v = &s->verdict;

    say(l, "%s", v->n_reasons ? "no" : "yes");
    for (size_t i = 0; i < v->n_reasons; i++) {
        say(l, "%s", reason(s, &v->reasons[i]));
        if (*v->reasons[i].hint)
            say(l, "  hint: %s", v->reasons[i].hint);
    }
    for (size_t i = 0; i < v->notes.n; i++)
        say(l, "%s", plan_note_text(&v->notes.list[i]).s);
}

static void assignable_json(struct json *json, const struct show *s)
{
    const struct verdict *v = &s->verdict;

    json_object(json, "assignable");
    json_bool(json, "ok", !v->n_reasons);
    json_array(json, "reasons");
    for (size_t i = 0; i < v->n_reasons; i++)
        json_str(json, NULL, reason(s, &v->reasons[i]));
    json_end_array(json);
    json_array(json, "hints");
    for (size_t i = 0; i < v->n_reasons; i++)
        json_str(json, NULL, v->reasons[i].hint);
    json_end_array(json);
    json_array(json, "warnings");
    for (size_t i = 0; i < v->notes.n; i++)
        json_str(json, NULL, plan_note_text(&v->notes.list[i]).s);
    json_end_array(json);
    json_end_object(json);
}

/* One row for each field, for text and JSON. */
static const struct field {
    const char *label;
    void (*text)(struct lines *l, const struct show *s);
    void (*json)(struct json *json, const struct show *s);
} fields[] = {
    { "name", name_text, NULL },    /* its key is one of device_row_json() */
    { "class", class_text, NULL },
    { "ids", ids_text, ids_json },
    { "serial", serial_text, NULL },
    { "path", path_text, path_json },
    { "parent", parent_text, parent_json },
    { "slot", place_text, place_json },
    { "NUMA node", numa_text, NULL },
    { "driver", driver_text, driver_json },
    { "used as", used_text, NULL },
    { "state", state_text, NULL },
    { "group", group_text, group_json },
    { "link", link_text, link_json },
    { "SR-IOV", sriov_text, sriov_json },
    { "reset", reset_text, reset_json },
    { "BARs", memory_text, memory_json },
    { "ROM", rom_text, rom_json },
    { "interrupts", interrupts_text, interrupts_json },
    { "firmware", firmware_text, firmware_json },
    { "display", display_text, display_json },
    { "power", power_text, power_json },
    { "in use", in_use_text, in_use_json },
    { "assignable", assignable_text, assignable_json },
};

void show_json(struct json *json, const struct show *s)
{
    device_row_json(json, &s->row);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].json)
            fields[i].json(json, s);
}

void show_text(const struct show *s)
{
    out_line("%s %s", BDF_STR(s->row.f->bdf), s->row.name);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        fields[i].text(&(struct lines){ fields[i].label }, s);
}
