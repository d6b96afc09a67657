/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/hide_status.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot_modules.h"
#include "driver/driver.h"
#include "hide/cmdline.h"
#include "hide/hide_given.h"

static int read_qubes(struct hide_machine *m, const char *line, struct err *e)
{
    AUTO_FREE char *value = NULL;

    if (hide_given_qubes(line, &value))
        return err_nomem(e);
    return value ? hide_reading_set(&m->qubes, value, strlen(value), e) : 0;
}

static int read_machine(struct hide_machine *m, const struct root *root, struct err *e)
{
    struct cmdline_word word;
    char text[8192];
    int len = root_readf(root, text, sizeof(text), "proc/cmdline");
    int r = hide_sources_read(root, &m->sources, &m->n_sources, e);

    m->line_full = len >= HIDE_LINE_MAX - 1; /* a final newline or blank may be missing */
    m->xcp = root_existsf(root, "opt/xensource/libexec/xen-cmdline");
    if (!r && len >= 0 && cmdline_find(text, "xen-pciback.hide", &word))
        r = hide_reading_set(&m->line, text + word.value, word.value_len, e);
    if (!r && len >= 0)
        r = read_qubes(m, text, e);
    len = root_readf(root, text, sizeof(text), "sys/module/xen_pciback/parameters/hide");
    if (!r && len > 0 && strcmp(text, "(null)"))
        r = hide_reading_set(&m->parameter, text, (size_t)len, e);
    m->registered = driver_registered(root, PCIBACK);
    return r;
}

struct rows {
    struct hide_row *v;
    size_t n;
};

static int add_row(struct rows *rows, struct bdf bdf, struct err *e)
{
    if (ARRAY_GROW(rows->v, rows->n))
        return err_nomem(e);
    rows->v[rows->n++] = (struct hide_row){ .bdf = bdf };
    return 0;
}

/* Adds the functions that the entries name; for a wildcard without a function, its first. */
static int add_entries(struct rows *rows, const struct hide_reading *r,
                       const struct inventory *inv, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < r->n; i++) {
        bool any = false;

        for (size_t k = 0; !rc && k < inventory_count(inv); k++)
            if (hide_matches(&r->entries[i], inventory_at(inv, k)->bdf)) {
                rc = add_row(rows, inventory_at(inv, k)->bdf, e);
                any = true;
            }
        if (!rc && !any)
            rc = add_row(rows, r->entries[i].bdf, e);
    }
    return rc;
}

static int by_bdf(const void *a, const void *b)
{
    return bdf_compare(((const struct hide_row *)a)->bdf, ((const struct hide_row *)b)->bdf);
}

static int collect(struct rows *rows, const struct hide_machine *m, const struct inventory *inv,
                   struct err *e)
{
    size_t kept = 0;
    int r = 0;

    for (size_t i = 0; !r && i < m->n_sources; i++) {
        const struct hide_source *s = &m->sources[i];

        for (size_t k = 0; !r && k < s->n; k++)
            r = add_row(rows, s->devices[k].bdf, e);
        if (!r && !s->n)
            r = add_entries(rows, &s->value, inv, e);
    }
    if (!r)
        r = add_entries(rows, &m->line, inv, e);
    if (!r)
        r = add_entries(rows, &m->qubes, inv, e);
    if (!r)
        r = add_entries(rows, &m->parameter, inv, e);
    if (rows->n)
        qsort(rows->v, rows->n, sizeof(*rows->v), by_bdf);
    for (size_t i = 0; i < rows->n; i++)
        if (!kept || !bdf_equal(rows->v[kept - 1].bdf, rows->v[i].bdf))
            rows->v[kept++] = rows->v[i];
    rows->n = kept;
    return r;
}

/* Finds the last source that names it: a later file overrides an earlier one. */
static void find_source(const struct hide_machine *m, struct hide_row *row,
                        const struct hide_device **device)
{
    for (size_t i = 0; i < m->n_sources; i++) {
        const struct hide_source *s = &m->sources[i];

        if (hide_reading_names(&s->value, row->bdf))
            row->source = s;
        for (size_t k = 0; k < s->n; k++)
            if (bdf_equal(s->devices[k].bdf, row->bdf)) {
                row->source = s;
                *device = &s->devices[k];
            }
    }
}

static void compare_identity(struct hide_row *row, const struct root *root,
                             const struct hide_device *device)
{
    struct identity here;
    struct err ignored;
    size_t n = 0;

    row->recorded = device && device->present;
    if (!row->recorded)
        return;
    row->same = row->present && !identity_read(root, row->bdf, &here, &ignored) &&
                identity_equal(&here, &device->id);
    if (!row->same)
        row->moved = !identity_find(root, &device->id, &row->now_at, &n, &ignored) && n == 1;
}

/* A 16-bit register of the SR-IOV capability; 0 when it is missing. */
static long number(const struct root *root, struct bdf bdf, const char *attribute)
{
    char text[32];
    long value;

    if (root_readf(root, text, sizeof(text), "sys/bus/pci/devices/%s/%s", BDF_STR(bdf),
                   attribute) <= 0)
        return 0;
    value = strtol(text, NULL, 10);
    return value >= 0 && value <= UINT16_MAX ? value : 0;
}

/* Finds the PF of an absent VF: the SR-IOV capability gives the VFs' addresses. */
static void find_pf(struct hide_row *row, const struct root *root, const struct inventory *inv)
{
    long want = row->bdf.bus << 8 | row->bdf.slot << 3 | row->bdf.func;

    for (size_t i = 0; !row->vf && i < inventory_count(inv); i++) {
        struct bdf pf = inventory_at(inv, i)->bdf;
        long total = number(root, pf, "sriov_totalvfs"), offset, stride, distance;

        if (!total || pf.segment != row->bdf.segment)
            continue;
        stride = number(root, pf, "sriov_stride");
        offset = number(root, pf, "sriov_offset");
        if (!offset)
            continue;
        distance = want - (pf.bus << 8 | pf.slot << 3 | pf.func) - offset;
        row->vf = distance == 0 || (stride > 0 && distance > 0 && distance % stride == 0 &&
                                    distance / stride < total);
        row->pf = pf;
    }
}

static void fill_row(struct hide_row *row, const struct hide_machine *m,
                     const struct root *root, const struct inventory *inv)
{
    const struct pci_function *f = inventory_find(inv, row->bdf);
    const struct hide_device *device = NULL;
    char override[DRIVER_NAME_MAX] = "";

    find_source(m, row, &device);
    row->present = f != NULL;
    if (f) {
        snprintf(row->driver, sizeof(row->driver), "%s", f->driver);
        row->builtin = *f->driver && boot_driver_builtin(root, f->driver);
        if (root_readf(root, override, sizeof(override), "sys/bus/pci/devices/%s/driver_override",
                       BDF_STR(row->bdf)) < 0)
            override[0] = '\0';
    } else {
        find_pf(row, root, inv);
    }
    row->booted = hide_reading_names(m->parameter.given ? &m->parameter : &m->line, row->bdf) ||
                  hide_reading_names(&m->qubes, row->bdf) || !strcmp(override, PCIBACK);
    compare_identity(row, root, device);
}

int hide_status_read(struct hide_status *ret, const struct root *root,
                     const struct inventory *inv, struct err *e)
{
    struct rows rows = { .n = 0 };
    int r = read_machine(&ret->machine, root, e);

    if (!r)
        r = collect(&rows, &ret->machine, inv, e);
    ret->rows = rows.v;
    ret->n = rows.n;
    ret->agree = true;
    for (size_t i = 0; !r && i < rows.n; i++) {
        fill_row(&rows.v[i], &ret->machine, root, inv);
        hide_status_judge(&ret->machine, &rows.v[i]);
        ret->agree &= !rows.v[i].cause;
    }
    for (size_t i = 0; i < ret->machine.n_sources; i++)
        ret->agree &= !ret->machine.sources[i].value.broken;
    ret->agree &= !ret->machine.line.broken && !ret->machine.qubes.broken &&
                  !ret->machine.parameter.broken;
    return r;
}

void hide_status_clear(struct hide_status *status)
{
    struct hide_machine *m = &status->machine;

    hide_sources_free(m->sources, m->n_sources);
    hide_reading_clear(&m->line);
    hide_reading_clear(&m->qubes);
    hide_reading_clear(&m->parameter);
    free(status->rows);
}
