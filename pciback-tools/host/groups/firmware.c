/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "groups/dmar.h"
#include "groups/ivrs.h"
#include "groups/rmrr_option.h"

#define NOWHERE UINT32_MAX

/* The host's functions, and the bus number below each. */
struct places {
    const struct topology_fn *fns;
    size_t n;
    int16_t *below;     /* by function: a bus number, or -1 */
    bool *covered;      /* by function */
};

static int by_bdf(const void *key, const void *fn)
{
    return bdf_compare(*(const struct bdf *)key, ((const struct topology_fn *)fn)->bdf);
}

static uint32_t index_of(const struct places *places, struct bdf bdf)
{
    const struct topology_fn *fn =
        places->n ? bsearch(&bdf, places->fns, places->n, sizeof(*places->fns), by_bdf) : NULL;

    return fn ? (uint32_t)(fn - places->fns) : NOWHERE;
}

static int places_open(struct places *places, const struct topology_fn *fns, size_t n,
                       struct err *e)
{
    *places = (struct places){ .fns = fns, .n = n };
    places->below = malloc((n + 1) * sizeof(*places->below));
    places->covered = calloc(n + 1, sizeof(*places->covered));
    if (!places->below || !places->covered)
        return err_nomem(e);
    memset(places->below, 0xff, (n + 1) * sizeof(*places->below));
    for (size_t i = 0; i < n; i++) {
        uint32_t parent;

        /* A VF may be on a virtual bus. */
        if (fns[i].above != ABOVE_BRIDGE || fns[i].vf)
            continue;
        parent = index_of(places, fns[i].parent);
        if (parent != NOWHERE)
            places->below[parent] = fns[i].bdf.bus;
    }
    return 0;
}

static void places_close(struct places *places)
{
    free(places->below);
    free(places->covered);
}

/* The function at the end of a path; NOWHERE when there is none. */
static uint32_t follow(const struct places *places, uint16_t segment,
                       const struct dmar_scope *scope)
{
    struct bdf bdf = { .segment = segment, .bus = scope->bus };

    for (size_t step = 0;; step++) {
        uint32_t at;

        bdf.slot = scope->path[2 * step] & 0x1f;
        bdf.func = scope->path[2 * step + 1] & 7;
        at = index_of(places, bdf);
        if (at == NOWHERE || step + 1 == scope->n_path)
            return at;
        if (places->below[at] < 0)
            return NOWHERE;
        bdf.bus = (uint8_t)places->below[at];
    }
}

static int by_bdf_alone(const void *a, const void *b)
{
    return bdf_compare(*(const struct bdf *)a, *(const struct bdf *)b);
}

static int add_fn(struct bdf **list, size_t *n, struct bdf bdf, struct err *e)
{
    if (ARRAY_GROW(*list, *n))
        return err_nomem(e);
    (*list)[(*n)++] = bdf;
    return 0;
}

static void sort_fns(struct firmware_region *region)
{
    size_t kept = 0;

    if (region->n_fns)
        qsort(region->fns, region->n_fns, sizeof(*region->fns), by_bdf_alone);
    for (size_t i = 0; i < region->n_fns; i++)
        if (!kept || !bdf_equal(region->fns[kept - 1], region->fns[i]))
            region->fns[kept++] = region->fns[i];
    region->n_fns = kept;
}

/*
 * Xen counts every entry except those of unknown kinds, and never looks below a bridge
 * (acpi_parse_dev_scope()).  It ignores a region when none of its devices exists.
 */
static int add_rmrr(const struct places *places, const struct dmar_unit *unit, struct firmware *fw,
                    struct err *e)
{
    struct firmware_region *region;
    int r = 0;

    if (ARRAY_GROW(fw->regions, fw->n_regions))
        return err_nomem(e);
    region = &fw->regions[fw->n_regions++];
    *region = (struct firmware_region){ .base = unit->base, .end = unit->end };
    for (size_t i = 0; !r && i < unit->n_scopes; i++) {
        const struct dmar_scope *scope = &unit->scopes[i];
        uint32_t at = NOWHERE;

        region->named += scope->kind >= SCOPE_ENDPOINT && scope->kind <= SCOPE_HPET;
        if (scope->kind == SCOPE_ENDPOINT || scope->kind == SCOPE_BRIDGE)
            at = follow(places, unit->segment, scope);
        if (at != NOWHERE)
            r = add_fn(&region->fns, &region->n_fns, places->fns[at].bdf, e);
    }
    sort_fns(region);
    if (!r && !region->n_fns) {
        free(region->fns);
        fw->n_regions--;
    }
    return r;
}

/* Marks the functions of one remapping unit, except those below a bridge. */
static void cover(const struct places *places, const struct dmar_unit *unit)
{
    for (size_t i = 0; unit->all && i < places->n; i++)
        places->covered[i] |= places->fns[i].bdf.segment == unit->segment;
    for (size_t i = 0; i < unit->n_scopes; i++) {
        uint32_t at = NOWHERE;

        if (unit->scopes[i].kind == SCOPE_ENDPOINT || unit->scopes[i].kind == SCOPE_BRIDGE)
            at = follow(places, unit->segment, &unit->scopes[i]);
        if (at != NOWHERE)
            places->covered[at] = true;
    }
}

/* The controller makes the DMA of a made-up segment (VMD); a VF belongs to its PF's unit. */
static bool has_unit_of_its_own(const struct topology_fn *fn)
{
    return !fn->proxied && !fn->vf && fn->bdf.segment <= 0xffff;
}

static int find_uncovered(const struct places *places, struct firmware *fw, struct err *e)
{
    int r = 0;

    /* Marks functions below covered bridges; a parent may come after its child in the list. */
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < places->n; i++) {
            uint32_t parent;

            if (places->covered[i] || places->fns[i].above != ABOVE_BRIDGE)
                continue;
            parent = index_of(places, places->fns[i].parent);
            if (parent != NOWHERE && places->covered[parent])
                places->covered[i] = more = true;
        }
    }
    for (size_t i = 0; !r && i < places->n; i++)
        if (!places->covered[i] && has_unit_of_its_own(&places->fns[i]))
            r = add_fn(&fw->uncovered, &fw->n_uncovered, places->fns[i].bdf, e);
    return r;
}

int firmware_parse_dmar(const uint8_t *bytes, size_t len, const struct topology_fn *fns,
                        size_t n, struct firmware *ret, struct err *e)
{
    CLEANUP(places_close) struct places places = { .fns = NULL };
    CLEANUP(dmar_clear) struct dmar dmar;
    int r;

    *ret = (struct firmware){ .table = FIRMWARE_DMAR };
    r = dmar_parse(bytes, len, &dmar, &ret->notes, e);
    if (r == -EINVAL)
        return 0;
    if (!r)
        r = places_open(&places, fns, n, e);
    ret->readable = true;
    ret->intremap = dmar.intremap;
    for (size_t i = 0; !r && i < dmar.n_units; i++) {
        const struct dmar_unit *unit = &dmar.units[i];

        if (unit->kind == DMAR_DRHD) {
            ret->n_units++;
            cover(&places, unit);
        } else if (unit->kind == DMAR_RMRR) {
            r = add_rmrr(&places, unit, ret, e);
        }
    }
    return !r && ret->n_units ? find_uncovered(&places, ret, e) : r;
}

static uint16_t device_id(struct bdf bdf)
{
    return (uint16_t)(bdf.bus << 8 | bdf.slot << 3 | bdf.func);
}

static int add_ivmd(const struct ivrs *ivrs, const struct ivrs_memory *memory,
                    const struct topology_fn *fns, size_t n, struct firmware *fw, struct err *e)
{
    struct firmware_region *region;
    int r = 0;

    if (ARRAY_GROW(fw->regions, fw->n_regions))
        return err_nomem(e);
    region = &fw->regions[fw->n_regions++];
    *region = (struct firmware_region){
        .base = memory->base, .end = memory->end, .all = memory->all,
        .named = ivrs_memory_devices(ivrs, memory),
    };
    for (size_t i = 0; !r && !memory->all && i < n; i++)
        if (fns[i].bdf.segment == memory->segment &&
            ivrs_memory_has(ivrs, memory, device_id(fns[i].bdf)))
            r = add_fn(&region->fns, &region->n_fns, fns[i].bdf, e);
    return r;
}

int firmware_parse_ivrs(const uint8_t *bytes, size_t len, const struct topology_fn *fns,
                        size_t n, struct firmware *ret, struct err *e)
{
    CLEANUP(ivrs_clear) struct ivrs ivrs;
    int r;

    *ret = (struct firmware){ .table = FIRMWARE_IVRS };
    r = ivrs_parse(bytes, len, &ivrs, &ret->notes, e);
    if (r == -EINVAL)
        return 0;
    ret->readable = true;
    ret->intremap = true;
    ret->n_units = ivrs.n_units;
    for (size_t i = 0; !r && i < ivrs.n_memories; i++)
        r = add_ivmd(&ivrs, &ivrs.memories[i], fns, n, ret, e);
    return r;
}

int firmware_read(const struct root *root, const struct topology_fn *fns, size_t n,
                  struct firmware *ret, struct err *e)
{
    static const struct {
        const char *name;
        enum firmware_table table;
        int (*parse)(const uint8_t *bytes, size_t len, const struct topology_fn *fns, size_t n,
                     struct firmware *ret, struct err *e);
    } tables[] = {
        { "DMAR", FIRMWARE_DMAR, firmware_parse_dmar },
        { "RMAD", FIRMWARE_DMAR, firmware_parse_dmar },
        { "IVRS", FIRMWARE_IVRS, firmware_parse_ivrs },
    };

    *ret = (struct firmware){ .table = FIRMWARE_NONE };
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        AUTO_FREE uint8_t *bytes = NULL;
        size_t len = 0;
        int r = acpi_read(root, tables[i].name, &bytes, &len);

        if (!r)
            return tables[i].parse(bytes, len, fns, n, ret, e);
        if (r == -ENOMEM)
            return err_nomem(e);
        if (r == -ENOENT)
            continue;
        ret->table = tables[i].table;
        acpi_note(&ret->notes, "%s: the table cannot be read: %s", tables[i].name, strerror(-r));
        return 0;
    }
    return 0;
}

static bool overlaps(const struct firmware *fw, const struct rmrr_option *option)
{
    for (size_t i = 0; i < fw->n_regions; i++)
        if (option->base <= fw->regions[i].end && fw->regions[i].base <= option->end)
            return true;
    return false;
}

int firmware_declare(struct firmware *fw, const char *command_line, const struct topology_fn *fns,
                     size_t n, struct err *e)
{
    const struct places places = { .fns = fns, .n = n };
    struct rmrr_option option;
    int r = 0;

    while (!r && fw->table == FIRMWARE_DMAR && rmrr_option_next(&command_line, &option)) {
        struct firmware_region region = {
            .base = option.base, .end = option.end, .declared = true, .named = option.n_fns,
        };

        if (overlaps(fw, &option))
            continue;
        for (size_t i = 0; !r && i < option.n_fns; i++)
            if (index_of(&places, option.fns[i]) != NOWHERE)
                r = add_fn(&region.fns, &region.n_fns, option.fns[i], e);
        sort_fns(&region);
        if (!r && region.n_fns && ARRAY_GROW(fw->regions, fw->n_regions))
            r = err_nomem(e);
        if (r || !region.n_fns)
            free(region.fns);
        else
            fw->regions[fw->n_regions++] = region;
    }
    return r;
}

void firmware_clear(struct firmware *fw)
{
    for (size_t i = 0; i < fw->n_regions; i++)
        free(fw->regions[i].fns);
    free(fw->regions);
    free(fw->uncovered);
    *fw = (struct firmware){ .table = FIRMWARE_NONE };
}

static bool has(const struct bdf *list, size_t n, struct bdf bdf)
{
    return n && bsearch(&bdf, list, n, sizeof(*list), by_bdf_alone);
}

bool firmware_region_has(const struct firmware_region *region, struct bdf bdf)
{
    return region->all || has(region->fns, region->n_fns, bdf);
}

const struct firmware_region *firmware_region_of(const struct firmware *fw, struct bdf bdf)
{
    for (size_t i = 0; i < fw->n_regions; i++)
        if (firmware_region_has(&fw->regions[i], bdf))
            return &fw->regions[i];
    return NULL;
}

const struct firmware_region *firmware_shared_region(const struct firmware *fw,
                                                     struct bdf bdf)
{
    for (size_t i = 0; i < fw->n_regions; i++)
        if (fw->regions[i].named > 1 && firmware_region_has(&fw->regions[i], bdf))
            return &fw->regions[i];
    return NULL;
}

bool firmware_covers(const struct firmware *fw, struct bdf bdf)
{
    return !has(fw->uncovered, fw->n_uncovered, bdf);
}

const char *firmware_region_by(const struct firmware_region *region)
{
    return region->declared ? "Xen's command line" : "the firmware";
}

const char *firmware_region_name(const struct firmware *fw)
{
    return fw->table == FIRMWARE_IVRS ? "IVMD" : "RMRR";
}
