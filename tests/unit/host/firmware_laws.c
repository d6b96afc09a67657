/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware_laws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)                                                         \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "law broken, line %d: %s\n", __LINE__, #condition); \
            abort();                                                            \
        }                                                                       \
    } while (0)

#define FN(b, s, f) { .bdf = { 0, b, s, f }, .above = ABOVE_ROOT }
#define BELOW(b, s, f, pb, ps, pf) \
    { .bdf = { 0, b, s, f }, .above = ABOVE_BRIDGE, .parent = { 0, pb, ps, pf } }

const struct topology_fn laws_host[LAWS_FNS] = {
    FN(0, 0x02, 0), FN(0, 0x14, 0), FN(0, 0x1c, 0), FN(0, 0x1d, 0), FN(0, 0x1e, 0),
    BELOW(1, 0, 0, 0, 0x1c, 0), BELOW(2, 0, 0, 1, 0, 0), BELOW(2, 1, 0, 1, 0, 0),
    BELOW(3, 0, 0, 2, 0, 0),
};

const struct topology_fn laws_loop[LAWS_FNS] = {
    FN(0, 0x02, 0), FN(0, 0x14, 0), FN(0, 0x1c, 0), FN(0, 0x1d, 0), FN(0, 0x1e, 0),
    BELOW(1, 0, 0, 3, 0, 0), BELOW(2, 0, 0, 1, 0, 0), BELOW(2, 1, 0, 1, 0, 0),
    BELOW(3, 0, 0, 1, 0, 0),
};

static void ascending(const struct bdf *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool there = false;

        MUST(!i || bdf_compare(list[i - 1], list[i]) < 0);
        for (size_t k = 0; k < LAWS_FNS; k++)
            there |= bdf_equal(laws_host[k].bdf, list[i]);
        MUST(there);
    }
}

static void check(const struct firmware *fw)
{
    MUST(fw->notes.n <= ACPI_NOTES_MAX);
    MUST(fw->readable || (fw->notes.n && !fw->n_regions && !fw->n_units && !fw->n_uncovered));
    for (size_t i = 0; i < fw->n_regions; i++) {
        const struct firmware_region *r = &fw->regions[i];

        ascending(r->fns, r->n_fns);
        MUST(!r->all || !r->n_fns);
        MUST(r->n_fns <= r->named);
    }
    ascending(fw->uncovered, fw->n_uncovered);
    for (size_t k = 0; k < LAWS_FNS; k++) {
        const struct firmware_region *shared = firmware_shared_region(fw, laws_host[k].bdf);

        MUST(!shared || firmware_region_of(fw, laws_host[k].bdf));
        MUST(firmware_covers(fw, laws_host[k].bdf) || fw->n_uncovered);
    }
}

void firmware_laws(const uint8_t *bytes, size_t len)
{
    for (int loop = 0; loop < 2; loop++) {
        const struct topology_fn *fns = loop ? laws_loop : laws_host;
        struct firmware fw;
        struct err e;

        MUST(!firmware_parse_dmar(bytes, len, fns, LAWS_FNS, &fw, &e));
        check(&fw);
        firmware_clear(&fw);
        MUST(!firmware_parse_ivrs(bytes, len, fns, LAWS_FNS, &fw, &e));
        check(&fw);
        firmware_clear(&fw);
    }
}
