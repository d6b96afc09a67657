/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/guest_steps.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/document.h"
#include "driver/allow.h"
#include "engine/host_steps.h"
#include "engine/remember.h"

int guest_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    size_t n = 0;
    bool in_xen;
    int r = hv_is_free(a->guest->hv, bdf, &in_xen, e);

    *ret = NULL;
    if (r)
        return r < 0 ? r : 0;
    r = hv_assigned(a->guest->hv, &assigned, &n, e);
    return r ? r : owner_in(assigned, n, bdf, ret, e);
}

static const char *slot_text(const struct step *step, char buf[48])
{
    const struct guest_pci *pci = &step_guest(step)->pci;

    if (!pci->vslot)
        snprintf(buf, 48, "automatic slot");
    else if (pci->vfunc)
        snprintf(buf, 48, "slot 0x%02x function %u", pci->vslot, pci->vfunc);
    else
        snprintf(buf, 48, "slot 0x%02x", pci->vslot);
    return buf;
}

static void attach_describe(const struct step *step, struct step_text *ret)
{
    const char *guest = step_guest(step)->guest;
    char slot[48];

    snprintf(ret->what, sizeof(ret->what), "attach %s to %s at %s%s", BDF_STR(step->bdf), guest,
             slot_text(step, slot),
             step_guest(step)->pci.irq == GUEST_IRQ_APART
             ? ", with its IRQ kept apart from the guest's" : "");
    snprintf(ret->undo, sizeof(ret->undo), "detach it from %s", guest);
}

static void detach_describe(const struct step *step, struct step_text *ret)
{
    char slot[48];

    slot_text(step, slot);
    snprintf(ret->what, sizeof(ret->what), "detach %s from %s, %s", BDF_STR(step->bdf),
             step_guest(step)->guest, slot);
    if (step->final)
        snprintf(ret->undo, sizeof(ret->undo), "none: attach it again");
    else
        snprintf(ret->undo, sizeof(ret->undo), "attach it again, at %s", slot);
}

static void clear_describe(const struct step *step, struct step_text *ret)
{
    snprintf(ret->what, sizeof(ret->what), "clear the leftovers of %s in %s", BDF_STR(step->bdf),
             step_guest(step)->guest);
    snprintf(ret->undo, sizeof(ret->undo), "none: no guest uses it");
}

static void describe_whole(const struct step *step, const char *before, const char *after,
                           const char *undo, struct step_text *ret)
{
    snprintf(ret->object, sizeof(ret->object), "%s", step_guest(step)->guest);
    snprintf(ret->what, sizeof(ret->what), "%s%s%s", before, ret->object, after);
    snprintf(ret->undo, sizeof(ret->undo), "%s", undo);
}

static void keep_describe(const struct step *step, struct step_text *ret)
{
    describe_whole(step, "make sure that ", " keeps its IOMMU", "none: it has one already", ret);
}

static void remember_describe(const struct step *step, struct step_text *ret)
{
    describe_whole(step, "write the devices of ", " to its manifest", "none: restore", ret);
}

static void forget_describe(const struct step *step, struct step_text *ret)
{
    describe_whole(step, "remove the devices that are back in ", " from its manifest", "none",
                   ret);
}

static void migrate_describe(const struct step *step, struct step_text *ret)
{
    describe_whole(step, "migrate ", "", "xl resumes the guest here, and xvtd gives its devices "
                   "back", ret);
}

static int keep_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    int r = hv_keep_passthrough(a->guest->hv, step_guest(steps[0])->pci.domid, e);

    (void)n;
    if (!r)
        steps[0]->status = STEP_DONE;
    return r;
}

static int about_manifest(struct step *step, int r, struct err *e)
{
    if (r)
        err_object(e, "manifest");
    else
        step->status = STEP_DONE;
    return r;
}

static int remember_apply(const struct apply *a, struct step *const *steps, size_t n,
                          struct err *e)
{
    (void)n;
    return about_manifest(steps[0], manifest_merge(a->guest->manifest, a->root, e), e);
}

/* The manifest step reads the current state itself. */
static int forget_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    size_t n_assigned = 0;
    uint32_t domid = step_guest(steps[0])->pci.domid;
    int r = hv_assigned_to(a->guest->hv, domid, &assigned, &n_assigned, e);

    (void)n;
    if (!r)
        r = manifest_forget(a->guest->manifest, a->root, domid, assigned, n_assigned, e);
    return about_manifest(steps[0], r, e);
}

static bool in_one_guest(const struct step *a, const struct step *b)
{
    return step_guest(a)->pci.domid == step_guest(b)->pci.domid;
}

/* QEMU chooses this slot, so attach the function alone. */
static bool attach_together(const struct step *a, const struct step *b)
{
    return in_one_guest(a, b) && step_guest(a)->pci.vslot && step_guest(b)->pci.vslot;
}

/* Attaches go function by function, removals by whole slots. */
static bool share_slot(const struct step *a, const struct step *b)
{
    return attach_together(a, b) && step_guest(a)->pci.vslot == step_guest(b)->pci.vslot;
}

static void tell_more(const char *message, char *buf, size_t size)
{
    size_t len = strlen(buf);

    if (*message)
        snprintf(buf + len, size - len, " (%s)", message);
}

static void attach_tell(const struct step *step, char *buf, size_t size)
{
    const struct guest_pci *pci = &step_guest(step)->pci;

    if (step->status == STEP_ALREADY) {
        snprintf(buf, size, "%s at 0x%02x", step->message, pci->vslot);
        return;
    }
    snprintf(buf, size, pci->vfunc ? "attached to %s at 0x%02x.%u" : "attached to %s at 0x%02x",
             step_guest(step)->guest, pci->vslot, pci->vfunc);
    tell_more(step->message, buf, size);
}

static void detach_tell(const struct step *step, char *buf, size_t size)
{
    if (step->status == STEP_ALREADY) {
        snprintf(buf, size, "%s", step->message);
        return;
    }
    snprintf(buf, size, "detached from %s", step_guest(step)->guest);
    tell_more(step->message, buf, size);
}

static void guest_result(const struct step *step, const struct root *root, struct json *json)
{
    (void)root;
    document_place(json, step_guest(step)->pci.vslot, step_guest(step)->pci.vfunc);
}

static void guest_put(const struct step *step, struct json *json)
{
    char allow[ALLOW_TEXT_MAX];

    remember_pci(json, &step_guest(step)->pci);
    json_bool(json, "back", !step->final);
    if (step_guest(step)->lost)
        json_bool(json, "lost", true);
    allow_format(step_guest(step)->allow, allow);
    json_str(json, "allow", allow);
}

static bool guest_take(struct step *step, const struct json_value *v)
{
    const char *allow = json_member_str(v, "allow");
    struct guest_step *guest = step_guest(step);

    if (!recall_pci(v, &guest->pci))
        return false;
    guest->pci.bdf = step->bdf;
    guest->allow = allow_read(allow ? allow : "");
    guest->lost = json_member_bool(v, "lost");
    step->final = step->kind == STEP_DETACH && !json_member_bool(v, "back");
    return true;
}

static void guest_put_mark(const struct step *step, char *buf, size_t size)
{
    snprintf(buf, size, ",\"vslot\":%u", step_guest(step)->pci.vslot);
}

static bool guest_take_mark(struct step *step, const struct json_value *v)
{
    long long vslot;

    if (!json_member_int(v, "vslot", 0, VSLOT_MAX, &vslot))
        return false;
    step_guest(step)->pci.vslot = (unsigned)vslot;
    return true;
}

static const struct step_row rows[] = {
    {
        .kind = STEP_ATTACH, .word = "attach", .scope = SCOPE_FUNCTION, .anew = true,
        .apply = attach_apply, .undo = attach_undo, .together = attach_together,
        .tied = share_slot, .describe = attach_describe, .tell = attach_tell,
        .result = guest_result, .put = guest_put, .take = guest_take,
        .put_mark = guest_put_mark, .take_mark = guest_take_mark,
    },
    {
        .kind = STEP_DETACH, .word = "detach", .scope = SCOPE_FUNCTION, .apply = detach_apply,
        .undo = detach_undo, .together = in_one_guest, .describe = detach_describe,
        .tell = detach_tell, .result = guest_result, .put = guest_put, .take = guest_take,
        .put_mark = guest_put_mark, .take_mark = guest_take_mark,
    },
    {
        .kind = STEP_CLEAR, .word = "clear", .scope = SCOPE_FUNCTION, .apply = clear_apply,
        .describe = clear_describe, .result = guest_result,
    },
    {
        .kind = STEP_KEEP, .word = "keep-iommu", .scope = SCOPE_GUEST, .gate = true,
        .apply = keep_apply, .describe = keep_describe, .put = guest_put, .take = guest_take,
    },
    {
        .kind = STEP_REMEMBER, .word = "write-manifest", .scope = SCOPE_GUEST, .gate = true,
        .apply = remember_apply, .describe = remember_describe, .put = guest_put,
        .take = guest_take,
    },
    {
        .kind = STEP_FORGET, .word = "update-manifest", .scope = SCOPE_GUEST,
        .apply = forget_apply, .describe = forget_describe, .put = guest_put, .take = guest_take,
    },
    { .kind = STEP_MIGRATE, .word = "migrate", .scope = SCOPE_GUEST, .describe = migrate_describe },
};

void guest_steps_register(void)
{
    host_steps_register();
    step_rows_register(rows, ARRAY_LEN(rows));
}

bool step_is_guests(const struct step *step)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].kind == step->kind)
            return true;
    return false;
}
