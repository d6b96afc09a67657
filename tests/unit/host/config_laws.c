/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config_laws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detail/function_detail.h"
#include "groups/topology_read.h"
#include "pci/config_dump.h"

#define LAW(what)                                                       \
    do {                                                                \
        if (!(what)) {                                                  \
            fprintf(stderr, "broken law, line %d: %s\n", __LINE__, #what); \
            abort();                                                    \
        }                                                               \
    } while (0)

/* A copy of exactly this size, so that a sanitizer sees a step beyond its end. */
static uint8_t *exactly(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        abort();
    memcpy(copy, bytes, len);
    return copy;
}

static struct topology_fn topology_of(const uint8_t *bytes, size_t len)
{
    struct topology_fn fn = { .above = ABOVE_ROOT };
    uint8_t *copy = exactly(bytes, len);

    topology_parse_config(copy, len, &fn);
    free(copy);
    return fn;
}

static struct function_detail detail_of(const uint8_t *bytes, size_t len)
{
    struct function_detail d = { .numa_node = -1 };
    uint8_t *copy = exactly(bytes, len);

    detail_parse_config(&(struct config){ .bytes = copy, .len = len, .fd = -1 }, &d);
    free(copy);
    return d;
}

static void parser_laws(const uint8_t *bytes, size_t len)
{
    struct topology_fn whole = topology_of(bytes, len), part;
    struct function_detail d = detail_of(bytes, len), less;

    LAW(!whole.config_short || whole.acs != ACS_PRESENT);
    LAW(len >= 64 || whole.config_short);
    LAW(whole.acs != ACS_PRESENT || len > 256 + 7);
    LAW(whole.header < 0x80 && whole.pcie_type <= 0xf);
    LAW(d.msi <= 128 && d.msix <= 2048 && d.n_resets <= RESET_METHODS_MAX);
    LAW(d.link_cap.width < 64 && d.link_now.width < 64 && d.link_cap.speed < 16);
    LAW(d.sriov != SRIOV_VF && (d.sriov == SRIOV_PF || (!d.vfs_total && !d.vfs_now)));

    /* A shorter space shows nothing that the whole does not. */
    part = topology_of(bytes, len / 2);
    less = detail_of(bytes, len / 2);
    LAW(part.config_short || (part.pcie == whole.pcie && part.header == whole.header));
    LAW(part.acs != ACS_PRESENT ||
        (whole.acs == ACS_PRESENT && part.acs_cap == whole.acs_cap));
    LAW(!less.msi || less.msi == d.msi);
    LAW(!less.msix || less.msix == d.msix);
    LAW(!less.has_link || d.has_link);
    LAW(less.sriov == SRIOV_NONE || d.sriov == SRIOV_PF);
}

/* Read from lspci's output, the space is the same. */
static void round_trip(const uint8_t *bytes, size_t len)
{
    struct config_dump dump;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fputs("00:1f.7 Whatever\n", f);
    for (size_t i = 0; i < len; i++) {
        if (i % 16 == 0)
            fprintf(f, "%s%02zx:", i ? "\n" : "", i);
        fprintf(f, " %02x", bytes[i]);
    }
    fclose(f);
    f = fmemopen(text, size, "r");
    LAW(f && !config_dump_read(&dump, f));
    LAW(dump.n == 1 && !dump.bad_line);
    LAW(dump.list[0].len == len && !memcmp(dump.list[0].bytes, bytes, len));
    config_dump_clear(&dump);
    fclose(f);
    free(text);
}

void config_dump_laws(const uint8_t *text, size_t len)
{
    uint8_t *copy = exactly(text, len);
    struct config_dump dump;
    FILE *f = len ? fmemopen(copy, len, "r") : NULL;

    if (f) {
        LAW(!config_dump_read(&dump, f));
        for (size_t i = 0; i < dump.n; i++) {
            LAW(dump.list[i].len <= CONFIG_SIZE);
            LAW(!i || bdf_compare(dump.list[i - 1].bdf, dump.list[i].bdf) < 0);
            LAW(config_dump_find(&dump, dump.list[i].bdf) == &dump.list[i]);
            parser_laws(dump.list[i].bytes, dump.list[i].len);
        }
        config_dump_clear(&dump);
        fclose(f);
    }
    free(copy);
}

void config_laws(const uint8_t *bytes, size_t len)
{
    if (len > CONFIG_SIZE)
        len = CONFIG_SIZE;
    parser_laws(bytes, len);
    round_trip(bytes, len);
}
