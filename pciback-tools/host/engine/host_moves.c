/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that move a function from one driver to another. */
#include "engine/host_steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/allow.h"
#include "inuse/inuse.h"
#include "inuse/netif.h"
#include "vf/vf_place.h"
#include "vf/vf_record.h"
#include "xen/quarantine.h"

int owner_in(const struct guest_pci *assigned, size_t n, struct bdf bdf, struct guest_pci **ret,
             struct err *e)
{
    const struct guest_pci *owner = guest_pci_find(assigned, n, bdf);

    *ret = owner ? malloc(sizeof(**ret)) : NULL;
    if (!owner)
        return 0;
    if (!*ret)
        return err_nomem(e);
    **ret = *owner;
    return 0;
}

int host_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    size_t n = 0;
    int r = a->records->xs ? guest_pci_list(a->records->xs, &assigned, &n, e) : 0;

    *ret = NULL;
    return r ? r : owner_in(assigned, n, bdf, ret, e);
}

int step_taken(struct bdf bdf, const struct guest_pci *owner, struct err *e)
{
    return err_on(e, XV_FAILED, EBUSY, BDF_STR(bdf), "domain %u got it meanwhile", owner->domid);
}

int step_still_free(const struct apply *a, struct bdf bdf, struct err *e)
{
    AUTO_FREE struct guest_pci *owner = NULL;
    int r = a->owner(a, bdf, &owner, e);

    return r || !owner ? r : step_taken(bdf, owner, e);
}

/* Checks the owner of the function and of its virtual functions, which move with it. */
static int all_still_free(const struct apply *a, struct bdf bdf, struct err *e)
{
    int r = step_still_free(a, bdf, e);
    struct bdf vf;

    for (unsigned i = 0; !r && vf_of(a->root, bdf, i, &vf); i++)
        r = step_still_free(a, vf, e);
    return r;
}

/* Reads what the undo needs. */
int move_prepare(const struct apply *a, struct step *step, struct err *e)
{
    AUTO_FREE char *record = NULL;
    struct move *move = step_move(step);
    int r = record_get(a->records, step->bdf, "driver_path", &record, e);

    if (r)
        return r;
    snprintf(move->record, sizeof(move->record), "%s", record ? record : "");
    move->record_known = true;
    move->interface_up = netif_is_up(a->root, step->bdf);
    return vf_record_get(a->records, step->bdf, &move->vf, e);
}

/* Moves it to the keeper, and records the driver that gets it back. */
static int to_keeper(const struct apply *a, const struct step *step, struct err *e)
{
    const struct move *move = step_move(step);
    int r = all_still_free(a, step->bdf, e);

    /* Its slot in pciback and its quarantine end with the move. */
    if (!r && !strcmp(move->before.driver, PCIBACK))
        r = give_back(a->root, a->records, step->bdf, &move->native, false, NULL, e);
    if (!r)
        r = driver_take(a->root, step->bdf, move->keeper, e);
    /* Without a driver, keep the older record, which may be right; libxl keeps it too. */
    if (!r && *move->native.driver)
        r = native_record(a->records, step->bdf, move->native.driver, e);
    return r;
}

int take_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    int r = to_keeper(a, steps[0], e);

    (void)n;
    if (!r)
        r = quarantine_set(steps[0]->bdf, true, e);
    if (!r)
        steps[0]->status = STEP_DONE;
    return r;
}

/* Without libxenctrl, pciback keeps it unquarantined, and the message says so. */
int bind_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    struct step *step = steps[0];
    const struct move *move = step_move(step);
    bool pciback = !strcmp(move->keeper, PCIBACK);
    int r = to_keeper(a, step, e);

    (void)n;
    if (r)
        return r;
    if (!strcmp(move->keeper, "vfio-pci"))
        step_say(step, "with driver %s, /dev/vfio/%d", move->keeper, move->group);
    else
        step_say(step, "with driver %s%s", move->keeper,
                 a->records->xs && !pciback ? "; not quarantined by Xen" : "");
    if (pciback && a->records->xs)
        r = quarantine_set(step->bdf, true, e);
    if (r && e->code != XV_CANNOT)
        return r;
    if (r)
        step_say(step, "with driver %s; not quarantined by Xen (%s): xl gives it back only after "
                 "`xl pci-assignable-add %s`", move->keeper, e->message, BDF_STR(step->bdf));
    step->status = STEP_DONE;
    return 0;
}

int return_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    struct step *step = steps[0];
    const struct move *move = step_move(step);
    struct driver_state now;
    int r = all_still_free(a, step->bdf, e);

    (void)n;
    if (!r)
        r = give_back(a->root, a->records, step->bdf, &move->native, !move->unbound, &now, e);
    if (!r && !move->unbound && move->vf.want.has)
        r = vf_record_set(a->records, step->bdf, &(struct vf_record){ .want.has = 0 }, e);
    if (r)
        return r;
    if (move->unbound)
        step_say(step, "out of pciback, without a driver");
    else if (*now.driver)
        step_say(step, "returned to driver %s", now.driver);
    else
        step_say(step, "no driver claimed it");
    step->status = STEP_DONE;
    return 0;
}

/* Takes it away from where a move, perhaps half done, has put it. */
static int leave(const struct apply *a, const struct step *step, const struct driver_state *now,
                 struct err *e)
{
    const struct move *move = step_move(step);
    int r;

    if (strcmp(move->keeper, PCIBACK) || (*now->driver && strcmp(now->driver, PCIBACK)))
        return driver_leave(a->root, step->bdf, e);
    /* Also removes it from pciback's slot list and Xen's quarantine, if it is there. */
    r = give_back(a->root, a->records, step->bdf, &move->native, false, NULL, e);
    if (r && e->code == XV_CANNOT && step->kind == STEP_BIND) /* it was put in neither */
        r = driver_leave(a->root, step->bdf, e);
    return r;
}

/* Puts it back with its former override and record, from any half-done state of the move. */
int move_undo(const struct apply *a, struct step *step, struct err *e)
{
    AUTO_FREE struct guest_pci *owner = NULL;
    const struct move *move = step_move(step);
    const struct driver_state *before = &move->before;
    bool to_pciback = !strcmp(before->driver, PCIBACK);
    struct driver_state now;
    int r = a->owner(a, step->bdf, &owner, e);

    /* Another toolstack was faster: the domain has it now, so it must be in pciback. */
    if (r || (owner && !to_pciback))
        return r;
    r = driver_look(a->root, step->bdf, &now, e);
    if (!r && (strcmp(now.driver, before->driver) || !*before->driver))
        r = leave(a, step, &now, e);
    if (!r && *before->driver)
        r = driver_restore(a->root, step->bdf, before, NULL, e);
    else if (!r) /* no probe */
        r = driver_set_override(a->root, step->bdf, before->override, e);
    if (!r && move->record_known)
        r = record_set(a->records, step->bdf, "driver_path", *move->record ? move->record : NULL,
                       e);
    if (!r && move->vf.want.has)
        r = vf_record_set(a->records, step->bdf, &move->vf, e);
    /* It is unknown whether it was quarantined; a device that waits for a guest may be. */
    if (!r && to_pciback && !owner && a->records->xs) {
        r = quarantine_set(step->bdf, true, e);
        if (r && e->code == XV_CANNOT) /* then it was not released from quarantine either */
            r = 0;
    }
    if (!r && move->interface_up)
        netif_bring_up(a->root, step->bdf);
    return r;
}

/* dom0 may have begun to use it meanwhile. */
int take_again(const struct apply *a, struct step *step, struct err *e)
{
    CLEANUP(inuse_close_p) struct inuse *inuse = NULL;
    AUTO_FREE struct holder *holders = NULL;
    size_t n = 0;
    int r = inuse_open(&inuse, a->root, e);

    if (!r)
        r = inuse_of(inuse, step->bdf, &holders, &n, e);
    if (r || !n)
        return r;
    refuse_in_use(step->bdf, holders, n, e);
    step->status = STEP_FAILED;
    step->open = false;
    step_say(step, "%s", e->message);
    return 0;
}

/*
 * Without a driver on record, the kernel chooses one.  If a driver has it already, there is
 * nothing to do.
 */
int return_again(const struct apply *a, struct step *step, struct err *e)
{
    struct driver_state is;
    int r;

    if (*step_move(step)->native.driver)
        return 0;
    r = driver_look(a->root, step->bdf, &is, e);
    if (!r && driver_is_native(is.driver)) {
        step->status = STEP_DONE;
        step->open = false;
        step_say(step, "returned to driver %s", is.driver);
        r = record_set(a->records, step->bdf, "driver_path", NULL, e);
    }
    return r;
}

