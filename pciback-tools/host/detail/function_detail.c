/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detail/function_detail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define DEVICE "sys/bus/pci/devices/%s/"

/* Registers within their capabilities (PCI PM 3.2.4, PCI 6.8, PCIe 7.5.3 and 9.3.3, AF ECN). */
enum {
    REVISION = 0x08,
    PM_CTRL = 4, PM_CTRL_NO_SOFT_RESET = 0x8,
    MSI_FLAGS = 2, MSI_ENABLE = 0x1, MSIX_ENABLE = 0x8000,
    EXP_DEVCAP = 4, EXP_DEVCAP_FLR = 1u << 28, EXP_LNKCAP = 12, EXP_LNKSTA = 18,
    AF_CAP = 3, AF_CAP_TP_FLR = 0x3,
    SRIOV_TOTAL = 0x0e, SRIOV_NUM = 0x10,
};

const char *link_speed(unsigned code)
{
    static const char *const names[] = { NULL, "2.5", "5", "8", "16", "32", "64" };

    return code < ARRAY_LEN(names) ? names[code] : NULL;
}

/* A numeric attribute, or the fallback. */
static long read_number(const struct root *root, struct bdf bdf, const char *file, long fallback)
{
    char text[32], *end;
    long value;

    if (root_readf(root, text, sizeof(text), DEVICE "%s", BDF_STR(bdf), file) <= 0)
        return fallback;
    value = strtol(text, &end, 0);
    return *end || value < INT_MIN || value > INT_MAX ? fallback : value;
}

static void read_path(const struct root *root, struct function_detail *d, struct bdf bdf)
{
    char link[PATH_MAX];
    const char *p = link;

    if (root_readlinkf(root, link, "sys/bus/pci/devices/%s", BDF_STR(bdf)))
        return;
    while (!strncmp(p, "../", 3))
        p += 3;
    if (snprintf(d->path, sizeof(d->path), "sys/%s", p) >= (int)sizeof(d->path))
        d->path[0] = '\0';
}

/* The name of the slot whose `address` is this device's, "0000:02:00". */
static void read_slot(const struct root *root, struct function_detail *d, struct bdf bdf)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "sys/bus/pci/slots");
    struct bdf_text device = bdf_text(bdf);
    struct dirent *de;
    char text[32];

    device.s[strlen(device.s) - 2] = '\0';
    while (dir && (de = root_readdir(dir)))
        if (root_readf(root, text, sizeof(text), "sys/bus/pci/slots/%s/address",
                       de->d_name) > 0 && !strcmp(text, device.s)) {
            snprintf(d->slot, sizeof(d->slot), "%.*s", (int)sizeof(d->slot) - 1, de->d_name);
            return;
        }
}

static void read_attributes(const struct root *root, struct function_detail *d, struct bdf bdf)
{
    long value;

    read_path(root, d, bdf);
    read_slot(root, d, bdf);
    if (root_readf(root, d->override, sizeof(d->override), DEVICE "driver_override",
                   BDF_STR(bdf)) <= 0 || !strcmp(d->override, "(null)"))
        d->override[0] = '\0';
    if (root_readf(root, d->power, sizeof(d->power), DEVICE "power_state", BDF_STR(bdf)) <= 0 ||
        !strcmp(d->power, "unknown"))
        d->power[0] = '\0';
    d->numa_node = (int)read_number(root, bdf, "numa_node", -1);
    value = read_number(root, bdf, "irq", 0);
    d->irq = value > 0 ? (unsigned)value : 0;
    d->boot_vga = read_number(root, bdf, "boot_vga", 0) == 1;
    resources_read(root, bdf, d->resources);
    d->memory = resources_memory(d->resources);
    d->rom = d->resources[RESOURCE_ROM].size || root_existsf(root, DEVICE "rom", BDF_STR(bdf));
}

static void parse_link(struct config *c, size_t at, struct function_detail *d)
{
    uint32_t cap;
    uint16_t status;

    /* Integrated endpoints have no link and read 0. */
    if (!config_u32(c, at + EXP_LNKCAP, &cap) || !(cap & 0x3ff))
        return;
    d->has_link = true;
    d->link_port = cap >> 24;
    d->link_cap = (struct link_rate){ cap & 0xf, cap >> 4 & 0x3f };
    if (config_u16(c, at + EXP_LNKSTA, &status))
        d->link_now = (struct link_rate){ status & 0xf, status >> 4 & 0x3f };
}

static void parse_interrupts(struct config *c, struct function_detail *d, bool *lost)
{
    size_t at = config_cap(c, CAP_MSI, lost);
    uint16_t flags;

    if (at && config_u16(c, at + MSI_FLAGS, &flags)) {
        d->msi = 1u << (flags >> 1 & 7);
        d->msi_on = flags & MSI_ENABLE;
    }
    at = config_cap(c, CAP_MSIX, lost);
    if (at && config_u16(c, at + MSI_FLAGS, &flags)) {
        d->msix = (flags & 0x7ffu) + 1;
        d->msix_on = flags & MSIX_ENABLE;
    }
}

static void add_reset(struct function_detail *d, const char *name, size_t len)
{
    if (len && d->n_resets < RESET_METHODS_MAX)
        snprintf(d->resets[d->n_resets++], sizeof(d->resets[0]), "%.*s", (int)len, name);
}

/*
 * The reset methods that the capabilities offer (pcie_reset_flr(), pci_af_flr(), pci_pm_reset()).
 */
static void parse_resets(struct config *c, size_t exp, struct function_detail *d)
{
    bool lost = false;
    uint32_t devcap;
    uint16_t ctrl;
    uint8_t af;
    size_t at;

    if (exp && config_u32(c, exp + EXP_DEVCAP, &devcap) && devcap & EXP_DEVCAP_FLR)
        add_reset(d, "flr", 3);
    at = config_cap(c, CAP_AF, &lost);
    if (at && config_u8(c, at + AF_CAP, &af) && (af & AF_CAP_TP_FLR) == AF_CAP_TP_FLR)
        add_reset(d, "af_flr", 6);
    at = config_cap(c, CAP_PM, &lost);
    if (at && config_u16(c, at + PM_CTRL, &ctrl) && !(ctrl & PM_CTRL_NO_SOFT_RESET))
        add_reset(d, "pm", 2);
}

void detail_parse_config(struct config *c, struct function_detail *d)
{
    bool lost = false;
    uint16_t number;
    size_t exp, at;

    config_u8(c, REVISION, &d->revision);
    exp = config_cap(c, CAP_PCIE, &lost);
    if (exp)
        parse_link(c, exp, d);
    parse_interrupts(c, d, &lost);
    if (!d->resets_by_kernel)
        parse_resets(c, exp, d);
    at = exp && d->sriov != SRIOV_VF ? config_ext_cap(c, EXT_CAP_SRIOV, &lost) : 0;
    if (!at)
        return;
    d->sriov = SRIOV_PF;
    if (config_u16(c, at + SRIOV_TOTAL, &number))
        d->vfs_total = number;
    if (config_u16(c, at + SRIOV_NUM, &number))
        d->vfs_now = number;
}

static void read_config(const struct root *root, const struct groups *g,
                        struct function_detail *d, struct bdf bdf)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, DEVICE "config", BDF_STR(bdf));
    struct config c = { .fd = fd };

    c.bytes = inventory_dump(groups_inventory(g), bdf, &c.len);
    detail_parse_config(&c, d);
}

static void read_sriov(const struct root *root, struct function_detail *d, struct bdf bdf)
{
    long total = read_number(root, bdf, "sriov_totalvfs", -1);
    long now = read_number(root, bdf, "sriov_numvfs", -1);

    /* The driver may allow fewer VFs than the capability. */
    if (total >= 0) {
        d->sriov = SRIOV_PF;
        d->vfs_total = (unsigned)total;
    }
    if (now >= 0)
        d->vfs_now = (unsigned)now;
}

static void read_resets(const struct root *root, struct function_detail *d, struct bdf bdf)
{
    char text[128];

    if (root_readf(root, text, sizeof(text), DEVICE "reset_method", BDF_STR(bdf)) < 0)
        return;
    d->resets_by_kernel = true;
    for (const char *p = text; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");

        add_reset(d, p, len);
        p += len;
    }
}

/* The topology facts of a function, or NULL. */
static const struct topology_fn *fact(const struct groups *g, struct bdf bdf)
{
    const struct pci_function *f = inventory_find(groups_inventory(g), bdf);

    return f ? &groups_facts(g)[f - inventory_at(groups_inventory(g), 0)] : NULL;
}

/* True when bridge is above fn, however far. */
static bool is_above(const struct groups *g, struct bdf bridge, const struct topology_fn *fn)
{
    size_t limit = inventory_count(groups_inventory(g));

    for (; fn && fn->above == ABOVE_BRIDGE && limit; limit--) {
        if (bdf_equal(fn->parent, bridge))
            return true;
        fn = fact(g, fn->parent);
    }
    return false;
}

static int collect(const struct groups *g, struct bdf of,
                   bool (*test)(const struct groups *, struct bdf, const struct topology_fn *),
                   struct bdf **ret, size_t *n, struct err *e)
{
    AUTO_FREE struct bdf *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < inventory_count(groups_inventory(g)); i++) {
        const struct topology_fn *fn = &groups_facts(g)[i];

        if (bdf_equal(fn->bdf, of) || !test(g, of, fn))
            continue;
        if (ARRAY_GROW(found, count))
            return err_nomem(e);
        found[count++] = fn->bdf;
    }
    *ret = TAKE_PTR(found);
    *n = count;
    return 0;
}

static bool beside(const struct groups *g, struct bdf of, const struct topology_fn *fn)
{
    return is_above(g, fact(g, of)->parent, fn);
}

int detail_bus_reset(const struct groups *g, struct bdf bdf, struct bdf **ret, size_t *n,
                     struct err *e)
{
    const struct topology_fn *fn = fact(g, bdf);

    *ret = NULL;
    *n = 0;
    if (!fn || fn->above != ABOVE_BRIDGE)
        return 0;
    return collect(g, bdf, beside, ret, n, e);
}

static bool is_vf_of(const struct groups *g, struct bdf of, const struct topology_fn *fn)
{
    (void)g;
    return fn->vf && bdf_equal(fn->pf, of);
}

int detail_vfs(const struct groups *g, struct bdf pf, struct bdf **ret, size_t *n,
               struct err *e)
{
    return collect(g, pf, is_vf_of, ret, n, e);
}

static void drop_reset(struct function_detail *d, const char *name)
{
    for (size_t i = 0; i < d->n_resets; i++)
        if (!strcmp(d->resets[i], name)) {
            memmove(&d->resets[i], &d->resets[i + 1],
                    (--d->n_resets - i) * sizeof(d->resets[0]));
            return;
        }
}

/*
 * The kernel resets a bus for one function only when the function is alone on it and nothing is
 * below it (pci_parent_bus_reset()).  reset_method may still list `bus`: the kernel makes the list
 * when it finds the function, before it finds the others.
 */
static int settle_bus_reset(const struct groups *g, struct function_detail *d, struct bdf bdf,
                            struct err *e)
{
    bool bridge = inventory_at(groups_inventory(g), d->index)->bridge;
    AUTO_FREE struct bdf *others = NULL;
    size_t n = 0;
    int r = detail_bus_reset(g, bdf, &others, &n, e);

    if (r)
        return r;
    if (n || bridge || !d->bus_reset)
        drop_reset(d, "bus");
    else if (!d->resets_by_kernel)
        add_reset(d, "bus", 3);
    return 0;
}

int function_detail_read(const struct root *root, const struct groups *g, struct bdf bdf,
                         struct function_detail *ret, struct err *e)
{
    const struct topology_fn *fn = fact(g, bdf);
    struct function_detail d = { .numa_node = -1 };
    size_t dumped;
    int r;

    if (!fn || (!root_existsf(root, "sys/bus/pci/devices/%s", BDF_STR(bdf)) &&
                !inventory_dump(groups_inventory(g), bdf, &dumped)))
        return inventory_missing(bdf, false, e);
    d.index = (uint32_t)(fn - groups_facts(g));
    /* A device without subsystem ids is still shown, with 0 for them. */
    if (identity_read(root, bdf, &d.identity, e))
        d.identity = (struct identity){
            fn->vendor, fn->device, fn->subvendor, fn->subdevice, .has_serial = false,
        };
    d.intx_pin = fn->intx_pin;
    d.has_parent = fn->above == ABOVE_BRIDGE;
    d.parent = fn->parent;
    d.bus_reset = d.has_parent && !fn->vf;
    if (fn->vf) {
        d.sriov = SRIOV_VF;
        d.pf = fn->pf;
    }
    read_attributes(root, &d, bdf);
    read_resets(root, &d, bdf);
    read_config(root, g, &d, bdf);
    if (!fn->vf)
        read_sriov(root, &d, bdf);
    r = settle_bus_reset(g, &d, bdf, e);
    if (!r)
        *ret = d;
    return r;
}
