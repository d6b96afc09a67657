/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hot-plugging a graphics card: what will not work in the guest.  Pure. */
#include "decide/decide_common.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decide/bars.h"

#define MIB (UINT64_C(1) << 20)

/* The lines of the guest's cfg with which its firmware places these devices at the start. */
static void cold_start(const struct plan *attach, unsigned hole, char *buf, size_t size)
{
    size_t len = (size_t)snprintf(buf, size, "pci = [ ");

    for (size_t i = 0; i < attach->n && len < size; i++)
        len += (size_t)snprintf(buf + len, size - len, "%s'%s'", i ? ", " : "",
                                BDF_STR(attach->steps[i].bdf));
    if (len < size)
        len += (size_t)snprintf(buf + len, size - len, " ]");
    if (hole && len < size)
        snprintf(buf + len, size - len, " and mmio_hole = %u", hole);
}

/* The memory of all displays of the plan, in the guest's hole. */
static int note_memory(const struct facts *f, const struct plan *attach, struct plan_notes *notes,
                       struct err *e)
{
    uint64_t sizes[16 * RESOURCE_BARS], sum = 0;
    const struct fn_facts *first = NULL;
    char lines[240];
    size_t n = 0;

    for (size_t i = 0; i < attach->n && n < ARRAY_LEN(sizes) - RESOURCE_BARS; i++) {
        const struct fn_facts *fn = facts_fn(f, attach->steps[i].bdf);

        if (!fn->graphics.is || attach->steps[i].status == STEP_ALREADY)
            continue;
        first = first ? first : fn;
        n += bars_sizes(fn->graphics.resources, sizes + n);
    }
    for (size_t i = 0; i < n; i++)
        sum += sizes[i];
    if (!n || bars_fit(sizes, n, bars_hole(&f->config)))
        return 0;
    cold_start(attach, bars_hole_for(sizes, n), lines, sizeof(lines));
    return plan_note_add(notes, "bars", first->bdf, e, "its %" PRIu64 " MiB do not fit below 4 "
                         "GiB in '%s', where hot-plugged memory goes: its driver there will fail; for "
                         "a cold start: %s", sum / MIB, f->dom->name, lines);
}

static int note_one(const struct fn_facts *fn, struct plan_notes *notes, struct err *e)
{
    const struct graphics *g = &fn->graphics;
    const char *family = graphics_reset_fails(g->vendor, g->device);
    int r = 0;

    if (g->boot_vga)
        r = plan_note_add(notes, "boot-vga", fn->bdf, e, "this host booted with it: the guest "
                          "reads the copy of its ROM that the host's firmware has worked on");
    else if (!g->rom)
        r = plan_note_add(notes, "no-rom", fn->bdf, e, "it has no ROM: the guest's firmware shows "
                          "nothing on it, and only a driver can");
    if (!r && family)
        r = plan_note_add(notes, "known-reset", fn->bdf, e, "%s cards are known not to come back "
                          "from a reset: a second start of its guest can take a reboot of the host",
                          family);
    return r;
}

/* Functions of one card that QEMU cannot have in one slot. */
static int note_apart(const struct facts *f, const struct plan *attach, const struct fn_facts *fn,
                      struct plan_notes *notes, struct err *e)
{
    size_t n = 0;

    for (size_t i = 0; i < attach->n; i++)
        n += bdf_same_slot(attach->steps[i].bdf, fn->bdf);
    if (n < 2 || f->config.multifunction)
        return 0;
    return plan_note_add(notes, "slots", fn->bdf, e, "each of its %zu functions gets a slot of its "
                         "own; for one slot, as some drivers expect: device_model_args = [ "
                         "\"-global\", \"xen-pci-passthrough.multifunction=on\" ] in the cfg", n);
}

int note_graphics(const struct facts *f, const struct plan *attach, struct plan_notes *notes,
                  struct err *e)
{
    int r = note_memory(f, attach, notes, e);

    for (size_t i = 0; !r && i < attach->n; i++) {
        const struct fn_facts *fn = facts_fn(f, attach->steps[i].bdf);

        if (!fn->graphics.is || attach->steps[i].status == STEP_ALREADY)
            continue;
        r = note_one(fn, notes, e);
        if (!r)
            r = note_apart(f, attach, fn, notes, e);
    }
    return r;
}
