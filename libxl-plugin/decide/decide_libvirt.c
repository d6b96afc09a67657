/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests of libvirt, which knows nothing of what others attach and detach (libvirt.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "decide/decide_common.h"

struct virsh virsh_command(const char *verb, const char *guest, struct bdf bdf, const char *how)
{
    struct virsh text;

    snprintf(text.s, sizeof(text.s), "xvtd show %s --format=libvirt | virsh -c xen:/// %s-device %s "
             "/dev/stdin %s", BDF_STR(bdf), verb, SHELL_STR(guest), how);
    return text;
}

int check_libvirt(const struct facts *f, const struct fn_facts *fn, struct err *e)
{
    const struct libvirt_guest *g = libvirt_lists(&f->libvirt, fn->bdf);
    int r;

    if (f->libvirt_unknown) {
        *e = f->libvirt_error;
        return -EIO;
    }
    if (!g || !strcmp(g->now.uuid, f->dom->uuid))
        return 0;
    r = err_on(e, XV_REFUSED, EBUSY, BDF_STR(fn->bdf), "libvirt still lists it for '%s', and resets "
               "it when that guest ends, whoever has it then", g->name);
    err_kind(e, "libvirt");
    if (fn->owner)
        err_hint(e, "%s", virsh_command("detach", g->name, fn->bdf, "--live").s);
    else
        err_hint(e, "attach it there again, and let libvirt detach it: xvtd assign %s %s && %s",
                 SHELL_STR(g->name), BDF_STR(fn->bdf),
                 virsh_command("detach", g->name, fn->bdf, "--live").s);
    return r;
}

static int note_attach(const struct libvirt_guest *g, struct bdf bdf, struct plan_notes *notes,
                       struct err *e)
{
    int r = 0;

    if (!bdf_in(g->now.devices, g->now.n, bdf))
        r = plan_note_add(notes, "libvirt", bdf, e, "'%s' is a guest of libvirt: virsh does not "
                          "show what xvtd attaches", g->name);
    if (!r && g->kept && !bdf_in(g->next.devices, g->next.n, bdf))
        r = plan_note_add(notes, "libvirt-next", bdf, e, "libvirt starts '%s' without it next "
                          "time; to add it: %s", g->name,
                          virsh_command("attach", g->name, bdf, "--config").s);
    return r;
}

static int note_detach(const struct libvirt_guest *g, struct bdf bdf, struct plan_notes *notes,
                       struct err *e)
{
    int r = 0;

    if (bdf_in(g->now.devices, g->now.n, bdf))
        r = plan_note_add(notes, "libvirt", bdf, e, "libvirt goes on listing it for '%s', and resets "
                          "it when that guest ends", g->name);
    if (!r && g->kept && bdf_in(g->next.devices, g->next.n, bdf))
        r = plan_note_add(notes, "libvirt-next", bdf, e, "libvirt starts '%s' with it next time; to "
                          "remove it: %s", g->name,
                          virsh_command("detach", g->name, bdf, "--config").s);
    return r;
}

int note_libvirt(const struct facts *f, const struct hv_domain *from, const struct plan *plan,
                 struct plan_notes *notes, struct err *e)
{
    const struct libvirt_guest *to = libvirt_guest(&f->libvirt, f->dom->uuid);
    const struct libvirt_guest *giver = from ? libvirt_guest(&f->libvirt, from->uuid) : to;
    int r = 0;

    for (size_t i = 0; !r && i < plan->n; i++) {
        const struct step *step = &plan->steps[i];

        if (to && step->kind == STEP_ATTACH && step->status != STEP_ALREADY)
            r = note_attach(to, step->bdf, notes, e);
        else if (giver && step->kind == STEP_DETACH && step->status != STEP_ALREADY)
            r = note_detach(giver, step->bdf, notes, e);
    }
    return r;
}
