/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bind.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/stop.h"
#include "driver/giveback.h"
#include "driver/module.h"
#include "driver/vfio.h"
#include "inuse/netif.h"
#include "xen/guest_pci.h"
#include "xen/quarantine.h"

struct change {
    const struct root *root;
    const struct records *records;
};

__attribute__((format(printf, 2, 3)))
static void say(struct bind_step *step, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(step->message, sizeof(step->message), fmt, ap);
    va_end(ap);
}

/*
 * Plain xl may have been at work since the check.  Returns 1 when a guest has the
 * function, *domid then tells which.
 */
static int ask_owner(const struct change *c, struct bdf bdf, uint32_t *domid, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    const struct guest_pci *owner;
    size_t n = 0;
    int r = c->records->xs ? guest_pci_list(c->records->xs, &assigned, &n, e) : 0;

    if (r)
        return r;
    owner = guest_pci_find(assigned, n, bdf);
    if (owner)
        *domid = owner->domid;
    return owner != NULL;
}

/* The last look before a function is moved, and what has to be known to move it back. */
static int begin(const struct change *c, struct bind_step *step, struct err *e)
{
    AUTO_FREE char *record = NULL;
    uint32_t domid = 0;
    int r = ask_owner(c, step->bdf, &domid, e);

    if (r > 0)
        return err_set(e, XV_FAILED, EBUSY, "%s: domain %u got it meanwhile",
                       BDF_STR(step->bdf), domid);
    if (!r)
        r = record_get(c->records, step->bdf, "driver_path", &record, e);
    if (r)
        return r;
    snprintf(step->record, sizeof(step->record), "%s", record ? record : "");
    step->interface_up = netif_is_up(c->root, step->bdf);
    step->begun = true;
    return 0;
}

static int apply_load(struct bind_step *step, const struct change *c, struct err *e)
{
    int r = module_load(step->keeper->module, e);

    if (r || driver_registered(c->root, step->keeper->driver))
        return r;
    r = err_set(e, XV_CANNOT, EIO, "load kernel module: %s: it is loaded, and its driver %s is "
                "not there", step->keeper->module, step->keeper->driver);
    err_hint(e, "see the last lines of `dmesg`");
    return r;
}

/* For Xen's guests; without it xl refuses to give the function back. */
static int quarantine(struct bind_step *step, struct err *e)
{
    int r = quarantine_set(step->bdf, true, e);

    step->quarantined = r == 0;
    if (!r || e->code != XV_CANNOT)
        return r;
    say(step, "with driver %s; not quarantined by Xen (%s): xl gives it back only after "
        "`xl pci-assignable-add %s`", step->keeper->driver, e->message, BDF_STR(step->bdf));
    return 0;
}

static int apply_take(struct bind_step *step, const struct change *c, struct err *e)
{
    const char *driver = step->keeper->driver;
    int r = begin(c, step, e);

    if (strcmp(driver, "vfio-pci"))
        say(step, "with driver %s%s", driver, c->records->xs && strcmp(driver, PCIBACK) ?
            "; not quarantined by Xen" : "");
    else
        say(step, "with driver %s, /dev/vfio/%d", driver, step->group);
    /* Its slot in pciback and the quarantine end with it. */
    if (!r && !strcmp(step->before.driver, PCIBACK))
        r = give_back(c->root, c->records, step->bdf, &step->native, false, NULL, e);
    if (!r)
        r = driver_take(c->root, step->bdf, driver, e);
    if (!r && *step->native.driver)
        r = native_record(c->records, step->bdf, step->native.driver, e);
    if (!r && c->records->xs && !strcmp(driver, PCIBACK))
        r = quarantine(step, e);
    return r;
}

static int apply_return(struct bind_step *step, const struct change *c, struct err *e)
{
    struct driver_state now;
    int r = begin(c, step, e);

    if (!r)
        r = give_back(c->root, c->records, step->bdf, &step->native, true, &now, e);
    if (r)
        return r;
    if (*now.driver)
        say(step, "returned to driver %s", now.driver);
    else
        say(step, "no driver claimed it");
    return 0;
}

static int apply_owner(struct bind_step *step, const struct change *c, struct err *e)
{
    return vfio_set_owner(c->root, step->group, step->uid, &step->uid_before, e);
}

static int undo_owner(struct bind_step *step, const struct change *c, struct err *e)
{
    uid_t ignored;

    if (step->status != BIND_DONE)
        return 0;
    return vfio_set_owner(c->root, step->group, step->uid_before, &ignored, e);
}

/* Away from where the move has brought it, or half brought it. */
static int leave(const struct change *c, const struct bind_step *step,
                 const struct driver_state *now, struct err *e)
{
    if (!strcmp(now->driver, PCIBACK) && step->quarantined)
        return give_back(c->root, c->records, step->bdf, &step->before, false, NULL, e);
    return driver_leave(c->root, step->bdf, e);
}

/* Where it was, with its override, from wherever a take or a return has left it. */
static int undo_move(struct bind_step *step, const struct change *c, struct err *e)
{
    const struct driver_state *before = &step->before;
    bool to_pciback = !strcmp(before->driver, PCIBACK);
    struct driver_state now;
    uint32_t domid;
    int r = step->begun ? ask_owner(c, step->bdf, &domid, e) : 1;

    if (r) /* nothing was touched; or a race lost: it is that domain's now */
        return r < 0 ? r : 0;
    r = driver_look(c->root, step->bdf, &now, e);
    if (!r && strcmp(now.driver, before->driver))
        r = leave(c, step, &now, e);
    if (!r && *before->driver)
        r = driver_restore(c->root, step->bdf, before, NULL, e);
    else if (!r)
        r = driver_set_override(c->root, step->bdf, before->override, e);
    if (!r)
        r = record_set(c->records, step->bdf, "driver_path",
                       *step->record ? step->record : NULL, e);
    /* Whether it was in there is not known; what waits for a guest may be. */
    if (!r && to_pciback && c->records->xs) {
        r = quarantine_set(step->bdf, true, e);
        if (r && e->code == XV_CANNOT) /* then it was not taken out either */
            r = 0;
    }
    if (!r && step->interface_up)
        netif_bring_up(c->root, step->bdf);
    return r;
}

static const struct {
    int (*apply)(struct bind_step *step, const struct change *c, struct err *e);
    int (*undo)(struct bind_step *step, const struct change *c, struct err *e);
} ops[] = {
    [BIND_LOAD] = { apply_load, NULL },
    [BIND_TAKE] = { apply_take, undo_move },
    [BIND_RETURN] = { apply_return, undo_move },
    [BIND_OWNER] = { apply_owner, undo_owner },
};

/* Undoes in reverse what was done or tried; goes on after a failure, which is *e then. */
static int undo_all(const struct change *c, struct bind_plan *plan, struct err *e)
{
    int result = 0;

    for (size_t i = plan->n; i-- > 0;) {
        struct bind_step *step = &plan->steps[i];
        struct err one;
        int r;

        if (step->status != BIND_DONE && step->status != BIND_FAILED)
            continue;
        r = ops[step->kind].undo ? ops[step->kind].undo(step, c, &one) : 0;
        step->status = r ? BIND_FAILED : BIND_UNDONE;
        say(step, "%s", r ? one.message : "as it was");
        if (r && !result) {
            result = r;
            *e = one;
        }
    }
    return result;
}

static int stopped(struct err *e)
{
    return err_set(e, XV_FAILED, EINTR, "stopped by %s",
                   stop_signal() == SIGINT ? "Ctrl-C" : "a signal");
}

int bind_apply(const struct root *root, const struct records *records, struct bind_plan *plan,
               void (*tell)(const struct bind_step *step, void *user), void *user,
               struct err *e)
{
    const struct change c = { .root = root, .records = records };
    struct err undo;
    int r = 0;

    for (size_t i = 0; !r && i < plan->n; i++) {
        struct bind_step *step = &plan->steps[i];

        if (step->status != BIND_WAITING)
            continue;
        if (stop_requested()) {
            r = stopped(e);
            break;
        }
        if (tell)
            tell(step, user);
        r = ops[step->kind].apply(step, &c, e);
        step->status = r ? BIND_FAILED : BIND_DONE;
    }
    if (!r)
        return 0;
    if (undo_all(&c, plan, &undo)) {
        e->code = XV_INCOMPLETE;
        err_kind(e, "incomplete");
        err_append(e, "; and it could not be put back: %s", undo.message);
        err_hint(e, "`lspci -k` shows which driver has what now; the same command again goes "
                    "on from there");
    } else if (e->code != XV_CANNOT) {
        e->code = XV_FAILED;
    }
    return r;
}
