/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/giveback.h"
#include "driver/module.h"
#include "driver/sysfs_write.h"
#include "inuse/netif.h"
#include "xen/quarantine.h"

static int apply_load(const struct apply *a, struct step *const *steps, size_t n,
                      struct err *e)
{
    int r = module_load("xen-pciback", e);

    (void)n;
    if (r)
        return r;
    if (!driver_registered(a->root, PCIBACK)) {
        r = err_set(e, XV_CANNOT, EIO,
                    "load kernel module: xen-pciback: it is loaded, and its driver is not there");
        err_hint(e, "an error in xen-pciback.hide= on the kernel line disables the driver: see "
                    "`dmesg | grep pciback`");
        return r;
    }
    steps[0]->status = STEP_DONE;
    return 0;
}

int step_owner(const struct apply *a, struct bdf bdf, struct guest_pci **ret, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    const struct guest_pci *owner;
    size_t n = 0;
    int r = hv_assigned(a->hv, &assigned, &n, e);

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

/* libxl's records: the driver that gets the function back. */
static int record_driver(const struct apply *a, const struct step *step, struct err *e)
{
    if (!*step->native.driver)
        return 0; /* an older record may be right; libxl leaves it too */
    return native_record(hv_records(a->hv), step->pci.bdf, step->native.driver, e);
}

static int apply_take(const struct apply *a, struct step *const *steps, size_t n,
                      struct err *e)
{
    struct step *step = steps[0];
    int r;

    (void)n;
    r = step_still_free(a, step->pci.bdf, e);
    if (!r)
        r = driver_take(a->root, step->pci.bdf, PCIBACK, e);
    if (!r)
        r = record_driver(a, step, e);
    if (!r)
        r = quarantine_set(step->pci.bdf, true, e);
    if (!r)
        step->status = STEP_DONE;
    return r;
}

static int undo_take(const struct apply *a, struct step *step, struct err *e)
{
    AUTO_FREE struct guest_pci *owner = NULL;
    int r = step_owner(a, step->pci.bdf, &owner, e);

    if (r || owner) /* a race lost: it is that domain's now, with our record of its driver */
        return r;
    /* Without a driver before, it is left so: no probe. */
    r = give_back(a->root, hv_records(a->hv), step->pci.bdf, &step->native,
                  *step->native.driver != '\0', NULL, e);
    if (!r && !*step->native.driver)
        r = driver_set_override(a->root, step->pci.bdf, step->native.override, e);
    if (!r && step->interface_up)
        netif_bring_up(a->root, step->pci.bdf);
    return r;
}

static int apply_reset(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    struct step *step = steps[0];
    char path[PATH_MAX];
    int r;

    (void)n;
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/reset", BDF_STR(step->pci.bdf));
    if (root_existsf(a->root, "%s", path)) {
        r = sysfs_write(a->root, path, "1");
        /* Its only way may be a bus reset, and not with a neighbour (pci_reset_bus_function()). */
        if (r && r != -ENOTTY)
            return err_sys(e, XV_FAILED, -r, "%s: reset it", BDF_STR(step->pci.bdf));
    }
    step->status = STEP_DONE;
    return 0;
}

static int apply_return(const struct apply *a, struct step *const *steps, size_t n,
                        struct err *e)
{
    struct step *step = steps[0];
    struct driver_state now;
    int r;

    (void)n;
    r = step_still_free(a, step->pci.bdf, e);
    if (!r)
        r = give_back(a->root, hv_records(a->hv), step->pci.bdf, &step->native, step->rebind,
                      &now, e);
    if (r)
        return r;
    if (!step->rebind)
        step_say(step, "out of pciback, without a driver");
    else if (*now.driver)
        step_say(step, "returned to driver %s", now.driver);
    else
        step_say(step, "no driver claimed it");
    step->status = STEP_DONE;
    return 0;
}

static int undo_return(const struct apply *a, struct step *step, struct err *e)
{
    AUTO_FREE struct guest_pci *owner = NULL;
    int r = driver_restore(a->root, step->pci.bdf, &step->before, NULL, e);

    if (!r)
        r = record_driver(a, step, e);
    if (!r)
        r = step_owner(a, step->pci.bdf, &owner, e);
    if (r || owner) /* a race lost: it is that domain's now, and out of the quarantine */
        return r;
    return quarantine_set(step->pci.bdf, true, e);
}

static int apply_keep(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    int r = hv_keep_passthrough(a->hv, steps[0]->pci.domid, e);

    (void)n;
    if (!r)
        steps[0]->status = STEP_DONE;
    return r;
}

static int apply_remember(const struct apply *a, struct step *const *steps, size_t n,
                          struct err *e)
{
    int r = manifest_merge(a->manifest, e);

    (void)n;
    if (!r)
        steps[0]->status = STEP_DONE;
    return r;
}

/* What is back is looked up. */
static int apply_forget(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    size_t n_assigned = 0;
    int r = hv_assigned(a->hv, &assigned, &n_assigned, e);

    (void)n;
    if (!r)
        r = manifest_forget(a->manifest, steps[0]->pci.domid, assigned, n_assigned, e);
    if (!r)
        steps[0]->status = STEP_DONE;
    return r;
}

const struct step_ops step_ops[] = {
    [STEP_LOAD] = { .apply = apply_load },
    [STEP_TAKE] = { .apply = apply_take, .undo = undo_take },
    [STEP_ATTACH] = { .apply = step_attach_apply, .undo = step_attach_undo, .batch = true },
    [STEP_DETACH] = { .apply = step_detach_apply, .undo = step_detach_undo, .batch = true },
    [STEP_RETURN] = { .apply = apply_return, .undo = undo_return },
    [STEP_RESET] = { .apply = apply_reset },
    [STEP_CLEAR] = { .apply = step_clear_apply },
    [STEP_KEEP] = { .apply = apply_keep },
    [STEP_REMEMBER] = { .apply = apply_remember },
    [STEP_FORGET] = { .apply = apply_forget },
};
