/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/host_steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/allow.h"
#include "driver/module.h"
#include "driver/sysfs_write.h"
#include "engine/remember.h"
#include "inuse/inuse.h"
#include "inuse/netif.h"
#include "xen/quarantine.h"

int step_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    const struct guest_pci *owner;
    size_t n = 0;
    int r = a->assigned(a, &assigned, &n, e);

    *ret = NULL;
    if (r)
        return r;
    owner = guest_pci_find(assigned, n, bdf);
    if (owner) {
        *ret = malloc(sizeof(**ret));
        if (!*ret)
            return err_nomem(e);
        **ret = *owner;
    }
    return 0;
}

int step_still_free(const struct apply *a, struct bdf bdf, struct err *e)
{
    AUTO_FREE struct guest_pci *owner = NULL;
    int r = step_owner(a, bdf, &owner, e);

    if (r || !owner)
        return r;
    return err_set(e, XV_FAILED, EBUSY, "%s: domain %u got it meanwhile", BDF_STR(bdf),
                   owner->domid);
}

static int load_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    const struct load *load = step_load(steps[0]);
    int r = module_load(load->module, e);

    (void)n;
    if (r)
        return r;
    if (!driver_registered(a->root, load->driver)) {
        r = err_set(e, XV_CANNOT, EIO, "load kernel module: %s: it is loaded, and its driver is not "
                    "there", load->module);
        if (!strcmp(load->driver, PCIBACK))
            err_hint(e, "an error in xen-pciback.hide= on the kernel line disables the driver: see "
                        "`dmesg | grep pciback`");
        else
            err_hint(e, "see the last lines of `dmesg`");
        return r;
    }
    steps[0]->status = STEP_DONE;
    return 0;
}

static void load_describe(const struct step *step, struct step_text *ret)
{
    snprintf(ret->object, sizeof(ret->object), "%s", step_load(step)->module);
    snprintf(ret->what, sizeof(ret->what), "load kernel module %s", step_load(step)->module);
    snprintf(ret->undo, sizeof(ret->undo), "none: it stays loaded, holding nothing");
}

static void load_put(const struct step *step, struct json *json)
{
    json_str(json, "module", step_load(step)->module);
    json_str(json, "driver", step_load(step)->driver);
}

/* xvtd-journal/1 names no module. */
static bool load_take(struct step *step, const struct json_value *v)
{
    const char *module = json_member_str(v, "module"), *driver = json_member_str(v, "driver");
    struct load *load = step_load(step);

    snprintf(load->module, sizeof(load->module), "%s", module ? module : "xen-pciback");
    snprintf(load->driver, sizeof(load->driver), "%s", driver ? driver : PCIBACK);
    return driver_name_valid(load->module) && driver_name_valid(load->driver);
}

/* What has to be known to bring it back to where it is. */
static int move_prepare(const struct apply *a, struct step *step, struct err *e)
{
    AUTO_FREE char *record = NULL;
    struct move *move = step_move(step);
    int r = record_get(a->records, step->bdf, "driver_path", &record, e);

    if (r)
        return r;
    snprintf(move->record, sizeof(move->record), "%s", record ? record : "");
    move->record_known = true;
    move->interface_up = netif_is_up(a->root, step->bdf);
    return 0;
}

static int take_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    const struct move *move = step_move(steps[0]);
    struct bdf bdf = steps[0]->bdf;
    int r = step_still_free(a, bdf, e);

    (void)n;
    if (!r)
        r = driver_take(a->root, bdf, PCIBACK, e);
    /* Without one, an older record may be right; libxl leaves it too. */
    if (!r && *move->native.driver)
        r = native_record(a->records, bdf, move->native.driver, e);
    if (!r)
        r = quarantine_set(bdf, true, e);
    if (!r)
        steps[0]->status = STEP_DONE;
    return r;
}

static int return_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    struct step *step = steps[0];
    const struct move *move = step_move(step);
    struct driver_state now;
    int r = step_still_free(a, step->bdf, e);

    (void)n;
    if (!r)
        r = give_back(a->root, a->records, step->bdf, &move->native, !move->unbound, &now, e);
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

/* Away from where the move has brought it, or half brought it. */
static int leave(const struct apply *a, const struct step *step, struct err *e)
{
    const struct move *move = step_move(step);

    if (!strcmp(move->before.driver, PCIBACK))
        return driver_leave(a->root, step->bdf, e);
    /* Out of its slot list and of the quarantine as well, where it may be already. */
    return give_back(a->root, a->records, step->bdf, &move->native, false, NULL, e);
}

/* Where it was, with its override and its record, from wherever the move has left it. */
static int move_undo(const struct apply *a, struct step *step, struct err *e)
{
    AUTO_FREE struct guest_pci *owner = NULL;
    const struct move *move = step_move(step);
    const struct driver_state *before = &move->before;
    bool to_pciback = !strcmp(before->driver, PCIBACK);
    struct driver_state now;
    int r = step_owner(a, step->bdf, &owner, e);

    /* A race lost: it is that domain's now, and stays in pciback, or has to be there again. */
    if (r || (owner && !to_pciback))
        return r;
    r = driver_look(a->root, step->bdf, &now, e);
    if (!r && (strcmp(now.driver, before->driver) || !*before->driver))
        r = leave(a, step, e);
    if (!r && *before->driver)
        r = driver_restore(a->root, step->bdf, before, NULL, e);
    else if (!r) /* no probe */
        r = driver_set_override(a->root, step->bdf, before->override, e);
    if (!r && move->record_known)
        r = record_set(a->records, step->bdf, "driver_path", *move->record ? move->record : NULL,
                       e);
    if (!r && to_pciback && !owner && a->records->xs)
        r = quarantine_set(step->bdf, true, e);
    if (!r && move->interface_up)
        netif_bring_up(a->root, step->bdf);
    return r;
}

/* Meanwhile dom0 may have found a use for it. */
static int take_again(const struct apply *a, struct step *step, struct err *e)
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
 * With no driver on record, whatever the kernel finds gets the function; once something has
 * it there is nothing left to do, and no way to tell it from one that came by itself.
 */
static int return_again(const struct apply *a, struct step *step, struct err *e)
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

static void take_describe(const struct step *step, struct step_text *ret)
{
    const char *before = step_move(step)->before.driver;

    snprintf(ret->what, sizeof(ret->what), "take %s from %s%s to pciback", BDF_STR(step->bdf),
             *before ? "driver " : "no driver", before);
    snprintf(ret->undo, sizeof(ret->undo),
             *before ? "give it back to %s" : "leave it without a driver%s", before);
}

static void return_describe(const struct step *step, struct step_text *ret)
{
    const struct move *move = step_move(step);
    const char *native = move->native.driver;

    if (move->unbound)
        snprintf(ret->what, sizeof(ret->what), "take %s out of pciback", BDF_STR(step->bdf));
    else if (*native)
        snprintf(ret->what, sizeof(ret->what), "return %s to driver %s", BDF_STR(step->bdf),
                 native);
    else
        snprintf(ret->what, sizeof(ret->what), "return %s to whatever driver takes it",
                 BDF_STR(step->bdf));
    snprintf(ret->undo, sizeof(ret->undo), "take it to pciback again");
}

static void take_tell(const struct step *step, char *buf, size_t size)
{
    snprintf(buf, size, "%s", step->status == STEP_DONE ? "assignable" : step->message);
}

static void move_put(const struct step *step, struct json *json)
{
    const struct move *move = step_move(step);

    remember_driver(json, "before", &move->before);
    remember_driver(json, "native", &move->native);
    json_bool(json, "rebind", !move->unbound);
    json_bool(json, "interface_up", move->interface_up);
    json_str(json, "record", move->record);
}

/*
 * xvtd-journal/1 has no record: the one of a driver is ours, and none was there before.  For
 * TAKE it has "before" empty, since "native" is what had it.
 */
static bool move_take(struct step *step, const struct json_value *v)
{
    const char *record = json_member_str(v, "record");
    struct move *move = step_move(step);

    if (!recall_driver(v, "native", &move->native) || !recall_driver(v, "before", &move->before))
        return false;
    move->unbound = !json_member_bool(v, "rebind");
    move->interface_up = json_member_bool(v, "interface_up");
    move->record_known = record || *move->native.driver;
    if (record)
        return snprintf(move->record, sizeof(move->record), "%s", record) <
               (int)sizeof(move->record);
    if (step->kind == STEP_TAKE)
        move->before = move->native;
    else if (*move->native.driver)
        native_path(move->native.driver, move->record);
    return true;
}

static int reset_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    struct step *step = steps[0];
    char path[PATH_MAX];
    int r;

    (void)n;
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/reset", BDF_STR(step->bdf));
    if (root_existsf(a->root, "%s", path)) {
        r = sysfs_write(a->root, path, "1");
        /* Its only way may be a bus reset, and not with a neighbour (pci_reset_bus_function()). */
        if (r && r != -ENOTTY)
            return err_sys(e, XV_FAILED, -r, "%s: reset it", BDF_STR(step->bdf));
    }
    step->status = STEP_DONE;
    return 0;
}

static void reset_describe(const struct step *step, struct step_text *ret)
{
    snprintf(ret->what, sizeof(ret->what), "reset %s where it can be", BDF_STR(step->bdf));
}

static const struct step_row rows[] = {
    {
        .kind = STEP_LOAD, .word = "load-module", .scope = SCOPE_HOST, .gate = true,
        .apply = load_apply, .describe = load_describe, .put = load_put, .take = load_take,
    },
    {
        .kind = STEP_TAKE, .word = "make-assignable", .scope = SCOPE_FUNCTION, .anew = true,
        .prepare = move_prepare, .apply = take_apply, .undo = move_undo, .again = take_again,
        .describe = take_describe, .tell = take_tell, .put = move_put, .take = move_take,
    },
    {
        .kind = STEP_RETURN, .word = "return", .scope = SCOPE_FUNCTION,
        .prepare = move_prepare, .apply = return_apply, .undo = move_undo, .again = return_again,
        .describe = return_describe, .put = move_put, .take = move_take,
    },
    {
        .kind = STEP_RESET, .word = "reset", .scope = SCOPE_FUNCTION, .apply = reset_apply,
        .describe = reset_describe,
    },
};

void host_steps_register(void)
{
    step_rows_register(rows, ARRAY_LEN(rows));
}
