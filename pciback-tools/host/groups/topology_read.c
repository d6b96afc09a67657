/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/topology_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_space.h"
#include "groups/acs_quirks.h"
#include "groups/ivrs.h"

#define VENDOR_INTEL 0x8086

/* ACPI's highest segment; Linux makes up those above. */
#define SEGMENT_MAX 0xffff

/* Offsets and bits of the configuration space (PCI 3.0 chapter 6, PCIe chapter 7). */
enum {
    CFG_HEADER_TYPE = 0x0e, HEADER_MULTIFUNCTION = 0x80,
    CFG_SECONDARY_BUS = 0x19,
    CFG_SUBSYSTEM = 0x2c,
    CFG_INTERRUPT_PIN = 0x3d,
    LPC_RCBA = 0xf0, RCBA_ENABLE = 1,
    ACS_CAP = 4, ACS_CTRL = 6, ACS_CTRL_DWORD = 8,
};

static void find_acs(struct config *c, struct topology_fn *fn)
{
    size_t ctrl = acs_has_dwords(fn) ? ACS_CTRL_DWORD : ACS_CTRL, at;
    bool lost = false;

    at = config_ext_cap(c, EXT_CAP_ACS, &lost);
    fn->acs = lost ? ACS_UNREADABLE : ACS_ABSENT;
    if (!at)
        return;
    if (config_u16(c, at + ACS_CAP, &fn->acs_cap) && config_u16(c, at + ctrl, &fn->acs_ctrl))
        fn->acs = ACS_PRESENT;
    else
        fn->acs = ACS_UNREADABLE;
}

/* Of single-function devices only ports need ACS (PCIe 6.12.1). */
static bool acs_matters(const struct topology_fn *fn)
{
    return fn->multifunction || fn->bdf.func || fn->pcie_type == PCIE_ROOT_PORT ||
           fn->pcie_type == PCIE_DOWNSTREAM || fn->pcie_type == PCIE_UPSTREAM;
}

static void parse(struct config *c, struct topology_fn *fn)
{
    uint8_t header;
    uint16_t flags;
    size_t at;

    fn->config_short = true;
    fn->multifunction = true;
    fn->pcie = false;
    fn->acs = ACS_UNREADABLE;
    /* A removed function reads as all ones. */
    if (c->len < CONFIG_HEADER_SIZE || !config_u8(c, CFG_HEADER_TYPE, &header) || header == 0xff)
        return;
    fn->config_short = false;
    fn->header = header & ~HEADER_MULTIFUNCTION;
    fn->multifunction = header & HEADER_MULTIFUNCTION;
    if (fn->header == HEADER_NORMAL) {
        config_u16(c, CFG_SUBSYSTEM, &fn->subvendor);
        config_u16(c, CFG_SUBSYSTEM + 2, &fn->subdevice);
    }
    config_u8(c, CFG_INTERRUPT_PIN, &fn->intx_pin);
    fn->acs = ACS_ABSENT;
    at = config_cap(c, CAP_PCIE, &fn->config_short);
    if (!at)
        return;
    if (!config_u16(c, at + 2, &flags)) {
        fn->config_short = true;
        return;
    }
    fn->pcie = true;
    fn->pcie_type = flags >> 4 & 0xf;
    if (acs_matters(fn))
        find_acs(c, fn);
}

void topology_parse_config(const uint8_t *config, size_t len, struct topology_fn *fn)
{
    parse(&(struct config){ .bytes = config, .len = len, .fd = -1 }, fn);
}

/* A bus, and the bridge whose secondary bus it is. */
struct bus {
    uint32_t segment;
    uint8_t number;
    struct bdf bridge;
};

struct reader {
    const struct root *root;
    const struct inventory *inv;
    struct topology_fn *fns;
    size_t n;
    bool *placed;           /* placed by its link in sysfs */
    struct bus *buses;      /* ascending */
    size_t n_buses;
    size_t *blind;          /* bridges whose secondary bus could not be read */
    size_t n_blind;
    struct bdf vmd;         /* a VMD controller, with n_vmds */
    size_t n_vmds;
};

/*
 * Takes a function's place from its link, `../../../devices/pci0000:00/0000:00:1c.0/0000:01:00.0`.
 * Behind a VMD controller the root bus has another segment and is below the controller's own
 * function, which makes the DMA of all of them (arch/x86/pci/common.c pci_real_dma_dev()).
 */
static bool place_by_link(const char *link, struct topology_fn *fn)
{
    bool bridge = false, rooted = false;
    struct bdf bdf;

    for (const char *p = link; *p; p += strcspn(p, "/")) {
        size_t len;

        p += strspn(p, "/");
        len = strcspn(p, "/");
        if (bdf_from_sysfs(p, len, &bdf)) {
            if (!p[len + strspn(p + len, "/")])
                break;  /* the function itself */
            if (bdf.segment == fn->bdf.segment) {
                fn->parent = bdf;
                bridge = true;
            } else {
                fn->dma_by = bdf;
                fn->proxied = true;
            }
        } else if (len > 3 && !strncmp(p, "pci", 3)) {
            rooted = true;
        }
    }
    fn->above = bridge ? ABOVE_BRIDGE : ABOVE_ROOT;
    return rooted;
}

/* Uses the file of lspci when sysfs has fewer bytes than the standard space. */
static void use_dump(const struct reader *rd, struct bdf bdf, struct config *c)
{
    const uint8_t *dumped;
    size_t len;

    if (c->len >= CONFIG_LEGACY_SIZE)
        return;
    dumped = inventory_dump(rd->inv, bdf, &len);
    if (len > c->len)
        *c = (struct config){ .bytes = dumped, .len = len, .fd = -1 };
}

/*
 * Every four bytes are one bus transaction, which a hypervisor may emulate.  So of a live host's
 * functions only the header is read here, and parse() reads more where it needs to.
 */
static void read_config(struct reader *rd, struct topology_fn *fn, size_t i)
{
    AUTO_CLOSE int fd = inventory_open_file(rd->root, inventory_at(rd->inv, i), "config", O_RDONLY);
    uint8_t bytes[CONFIG_LEGACY_SIZE];
    size_t first = root_is_host(rd->root) ? CONFIG_HEADER_SIZE : sizeof(bytes);
    ssize_t len = fd < 0 ? 0 : pread(fd, bytes, first, 0);
    struct config c = { .bytes = bytes, .len = len > 0 ? (size_t)len : 0, .fd = fd };

    use_dump(rd, fn->bdf, &c);
    parse(&c, fn);
    if (fn->class >> 8 != 0x0604)
        return;
    if (c.len > CFG_SECONDARY_BUS && fn->header == HEADER_BRIDGE && c.bytes[CFG_SECONDARY_BUS])
        rd->buses[rd->n_buses++] = (struct bus){ fn->bdf.segment, c.bytes[CFG_SECONDARY_BUS],
                                                 fn->bdf };
    else
        rd->blind[rd->n_blind++] = i;
}

static void read_function(struct reader *rd, size_t i)
{
    const struct pci_function *f = inventory_at(rd->inv, i);
    struct topology_fn *fn = &rd->fns[i];

    *fn = (struct topology_fn){
        .bdf = f->bdf, .vendor = f->vendor, .device = f->device, .class = f->class,
        .vf = f->vf, .pf = f->pf,
    };
    if (f->link)
        rd->placed[i] = place_by_link(f->link, fn);
    if (vmd_controller(fn) && fn->bdf.segment <= SEGMENT_MAX && !rd->n_vmds++)
        rd->vmd = fn->bdf;
}

/*
 * Marks the functions whose configuration spaces tell whether i is alone in its group: those of its
 * bus, which can be its slot or share its requester ID, and the bridges above.  False when it
 * depends on more.
 */
static bool mark_needed(const struct reader *rd, size_t i, bool *needed)
{
    bool sure = !inventory_at(rd->inv, i)->bridge;

    for (size_t j = 0; j < rd->n; j++)
        needed[j] |= rd->fns[j].bdf.segment == rd->fns[i].bdf.segment &&
                     rd->fns[j].bdf.bus == rd->fns[i].bdf.bus;
    for (size_t steps = 0; sure && steps <= rd->n; steps++) {
        const struct pci_function *above;

        needed[i] = true;
        if (!rd->placed[i] || rd->fns[i].proxied)
            return false;
        if (rd->fns[i].above == ABOVE_ROOT)
            return true;
        above = inventory_find(rd->inv, rd->fns[i].parent);
        sure = above != NULL;
        if (above)
            i = (size_t)(above - inventory_at(rd->inv, 0));
    }
    return false;
}

/* A function that is not read: it adds nothing to the groups of others. */
static void leave_out(struct topology_fn *fn)
{
    fn->pcie = true;
    fn->pcie_type = PCIE_ENDPOINT;
    fn->acs = ACS_PRESENT;
}

static int read_configs(struct reader *rd, const bool *asked, struct err *e)
{
    AUTO_FREE bool *needed = calloc(rd->n + 1, sizeof(*needed));
    bool all = !asked;

    if (!needed)
        return err_nomem(e);
    for (size_t i = 0; i < rd->n && !all; i++)
        all = asked[i] && !mark_needed(rd, i, needed);
    for (size_t i = 0; i < rd->n; i++)
        if (all || needed[i])
            read_config(rd, &rd->fns[i], i);
        else
            leave_out(&rd->fns[i]);
    return 0;
}

static int by_bus(const void *a, const void *b)
{
    const struct bus *x = a, *y = b;

    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    return (int)x->number - (int)y->number;
}

/*
 * Finds a function's place from the bridges' bus numbers, in a tree without links.  A bus without a
 * known bridge may be below a bridge of the segment whose bus number could not be read.
 */
static void place_by_number(const struct reader *rd, struct topology_fn *fn)
{
    struct bus key = { .segment = fn->bdf.segment, .number = fn->bdf.bus };
    const struct bus *bus = rd->n_buses ? bsearch(&key, rd->buses, rd->n_buses, sizeof(key),
                                                  by_bus) : NULL;

    /* A VMD controller makes the segment; with several controllers the right one is unknown. */
    fn->proxied = fn->bdf.segment > SEGMENT_MAX && rd->n_vmds == 1;
    fn->dma_by = rd->vmd;
    fn->above = fn->bdf.segment > SEGMENT_MAX && !fn->proxied ? ABOVE_UNKNOWN : ABOVE_ROOT;
    if (bus) {
        fn->above = ABOVE_BRIDGE;
        fn->parent = bus->bridge;
        return;
    }
    for (size_t i = 0; i < rd->n_blind; i++) {
        struct bdf blind = rd->fns[rd->blind[i]].bdf;

        if (blind.segment == fn->bdf.segment && blind.bus < fn->bdf.bus)
            fn->above = ABOVE_UNKNOWN;
    }
}

/* A VF is below the same bridge as its PF; its bus number may be that of a virtual bus. */
static void place_vf(const struct reader *rd, struct topology_fn *fn)
{
    const struct pci_function *f = inventory_find(rd->inv, fn->pf);

    if (f) {
        const struct topology_fn *physical = &rd->fns[f - inventory_at(rd->inv, 0)];

        fn->above = physical->above;
        fn->parent = physical->parent;
        fn->proxied = physical->proxied;
        fn->dma_by = physical->dma_by;
    } else {
        fn->above = ABOVE_UNKNOWN;
    }
}

/*
 * Intel's older chipsets isolate their root ports with registers that the LPC bridge
 * (1f.0) maps (quirks.c pci_quirk_enable_intel_lpc_acs()).
 */
static void read_pch(const struct reader *rd, struct topology_fn *fn)
{
    struct bdf lpc = { fn->bdf.segment, fn->bdf.bus, 0x1f, 0 };
    AUTO_CLOSE int fd = -1;
    struct config c = { .len = 0 };
    uint32_t rcba;

    if (fn->vendor != VENDOR_INTEL || !fn->pcie || fn->pcie_type != PCIE_ROOT_PORT ||
        fn->acs == ACS_PRESENT)
        return;
    fd = root_openf(rd->root, O_RDONLY, "sys/bus/pci/devices/%s/config", BDF_STR(lpc));
    c.fd = fd;
    use_dump(rd, lpc, &c);
    fn->pch_rcba = config_u32(&c, LPC_RCBA, &rcba) && (rcba & RCBA_ENABLE) && rcba != UINT32_MAX;
}

static void place_all(struct reader *rd)
{
    if (rd->n_buses)
        qsort(rd->buses, rd->n_buses, sizeof(*rd->buses), by_bus);
    for (size_t i = 0; i < rd->n; i++)
        if (!rd->placed[i] && !rd->fns[i].vf)
            place_by_number(rd, &rd->fns[i]);
    for (size_t i = 0; i < rd->n; i++) {
        if (!rd->placed[i] && rd->fns[i].vf)
            place_vf(rd, &rd->fns[i]);
        read_pch(rd, &rd->fns[i]);
    }
}

/* Reads aliases from AMD's table IVRS; a malformed table gives none. */
static int read_aliases(const struct reader *rd, struct err *e)
{
    CLEANUP(ivrs_clear) struct ivrs ivrs = { .n_units = 0 };
    struct acpi_notes notes = { .n = 0 };
    AUTO_FREE uint8_t *bytes = NULL;
    size_t len;
    int r = acpi_read(rd->root, "IVRS", &bytes, &len);

    if (!r)
        r = ivrs_parse(bytes, len, &ivrs, &notes, e);
    if (r)
        return r == -ENOMEM ? err_nomem(e) : 0;
    for (size_t i = 0; i < rd->n; i++) {
        struct topology_fn *fn = &rd->fns[i];
        uint16_t id = (uint16_t)(fn->bdf.bus << 8 | fn->bdf.slot << 3 | fn->bdf.func), alias;

        fn->aliased = fn->bdf.segment <= SEGMENT_MAX &&
                      ivrs_alias(&ivrs, (uint16_t)fn->bdf.segment, id, &alias);
        if (fn->aliased)
            fn->alias = (struct bdf){ fn->bdf.segment, (uint8_t)(alias >> 8), alias >> 3 & 0x1f,
                                      alias & 7 };
    }
    return 0;
}

int topology_read(const struct root *root, const struct inventory *inv, const bool *asked,
                  struct topology_host *host, struct topology_fn **fns, struct err *e)
{
    size_t n = inventory_count(inv);
    AUTO_FREE struct topology_fn *all = calloc(n + 1, sizeof(*all));
    AUTO_FREE struct bus *buses = calloc(n + 1, sizeof(*buses));
    AUTO_FREE size_t *blind = calloc(n + 1, sizeof(*blind));
    AUTO_FREE bool *placed = calloc(n + 1, sizeof(*placed));
    struct reader rd = {
        .root = root, .inv = inv, .fns = all, .n = n, .placed = placed,
        .buses = buses, .blind = blind,
    };

    int r;

    if (!all || !buses || !blind || !placed)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++)
        read_function(&rd, i);
    r = read_configs(&rd, asked, e);
    if (r)
        return r;
    place_all(&rd);
    host->amd_iommu = root_existsf(root, "sys/firmware/acpi/tables/IVRS");
    if (host->amd_iommu)
        r = read_aliases(&rd, e);
    if (r)
        return r;
    *fns = TAKE_PTR(all);
    return 0;
}
