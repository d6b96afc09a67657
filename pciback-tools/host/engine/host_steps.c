/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/host_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/document.h"
#include "detail/reset.h"
#include "driver/module.h"
#include "driver/sysfs_write.h"
#include "driver/vfio.h"
#include "engine/remember.h"

static int load_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    const struct load *load = step_load(steps[0]);
    int r = module_load(load->module, e);

    (void)n;
    if (r)
        return r;
    if (!driver_registered(a->root, load->driver)) {
        r = err_set(e, XV_CANNOT, EIO, "load kernel module: %s: it is loaded, but its driver %s "
                    "does not exist", load->module, load->driver);
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
    snprintf(ret->undo, sizeof(ret->undo), "none: it stays loaded and holds no device");
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

static void take_describe(const struct step *step, struct step_text *ret)
{
    const char *before = step_move(step)->before.driver;

    snprintf(ret->what, sizeof(ret->what), "take %s from %s%s to %s", BDF_STR(step->bdf),
             *before ? "driver " : "no driver", before, step_move(step)->keeper);
    snprintf(ret->undo, sizeof(ret->undo),
             *before ? "give it back to %s" : "leave it without a driver%s", before);
}

static void return_describe(const struct step *step, struct step_text *ret)
{
    const struct move *move = step_move(step);
    const char *native = move->native.driver, *before = move->before.driver;

    if (move->unbound)
        snprintf(ret->what, sizeof(ret->what), "take %s out of pciback", BDF_STR(step->bdf));
    else if (*native)
        snprintf(ret->what, sizeof(ret->what), "return %s to driver %s", BDF_STR(step->bdf),
                 native);
    else
        snprintf(ret->what, sizeof(ret->what), "return %s to the first driver that takes it",
                 BDF_STR(step->bdf));
    snprintf(ret->undo, sizeof(ret->undo),
             *before ? "take it to %s again" : "leave it without a driver%s", before);
}

static void take_tell(const struct step *step, char *buf, size_t size)
{
    snprintf(buf, size, "%s", step->status == STEP_DONE ? "assignable" : step->message);
}

static void move_put(const struct step *step, struct json *json)
{
    const struct move *move = step_move(step);

    json_str(json, "keeper", move->keeper);
    remember_driver(json, "before", &move->before);
    remember_driver(json, "native", &move->native);
    json_bool(json, "rebind", !move->unbound);
    json_bool(json, "interface_up", move->interface_up);
    json_str(json, "record", move->record);
    json_int(json, "group", move->group);
    if (move->vf.want.has) {
        char vf[VF_RECORD_TEXT_MAX];

        vf_record_format(&move->vf, vf);
        json_str(json, "vf", vf);
    }
}

/*
 * xvtd-journal/1 does not store the driver's record: assume that we wrote it, and that there was
 * none before.  For TAKE "before" is empty there: "native" had the function, and the keeper is
 * pciback.
 */
static bool move_take(struct step *step, const struct json_value *v)
{
    const char *record = json_member_str(v, "record"), *keeper = json_member_str(v, "keeper");
    const char *vf = json_member_str(v, "vf");
    struct move *move = step_move(step);
    long long group = -1;

    snprintf(move->keeper, sizeof(move->keeper), "%s", keeper ? keeper : PCIBACK);
    json_member_int(v, "group", -1, INT32_MAX, &group);
    move->group = (int)group;
    if ((*move->keeper && !driver_name_valid(move->keeper)) ||
        !recall_driver(v, "native", &move->native) ||
        !recall_driver(v, "before", &move->before) ||
        (vf && !vf_record_parse(vf, &move->vf)))
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

/* The group's present owner, and how a virtual machine finds its file. */
static void bind_result(const struct step *step, const struct root *root, struct json *json)
{
    struct driver_state now = { "", "" };
    struct err ignored;

    driver_look(root, step->bdf, &now, &ignored);
    document_place(json, 0, 0);
    json_str(json, "driver", *now.driver ? now.driver : NULL);
    if (!strcmp(now.driver, "vfio-pci"))
        json_strf(json, "group_file", "/dev/vfio/%d", step_move(step)->group);
    else
        json_null(json, "group_file");
}

/* The file appears with the first function of the group, and then root owns it. */
static int owner_prepare(const struct apply *a, struct step *step, struct err *e)
{
    struct owner *owner = step_owner_of(step);

    (void)e;
    owner->before = vfio_owner(a->root, owner->group);
    return 0;
}

static int owner_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    const struct owner *owner = step_owner_of(steps[0]);
    int r = vfio_set_owner(a->root, owner->group, owner->uid, e);

    (void)n;
    if (!r)
        steps[0]->status = STEP_DONE;
    return r;
}

static int owner_undo(const struct apply *a, struct step *step, struct err *e)
{
    const struct owner *owner = step_owner_of(step);

    if (vfio_owner(a->root, owner->group) == owner->before)
        return 0;
    return vfio_set_owner(a->root, owner->group, owner->before, e);
}

static void owner_describe(const struct step *step, struct step_text *ret)
{
    const struct owner *owner = step_owner_of(step);

    snprintf(ret->object, sizeof(ret->object), "/dev/vfio/%d", owner->group);
    snprintf(ret->what, sizeof(ret->what), "give /dev/vfio/%d to user %u", owner->group,
             owner->uid);
    snprintf(ret->undo, sizeof(ret->undo), "give it back to its former owner");
}

static void owner_tell(const struct step *step, char *buf, size_t size)
{
    snprintf(buf, size, "belongs to user %u", step_owner_of(step)->uid);
}

static void owner_put(const struct step *step, struct json *json)
{
    json_int(json, "group", step_owner_of(step)->group);
    json_int(json, "uid", step_owner_of(step)->uid);
    json_int(json, "uid_before", step_owner_of(step)->before);
}

static bool owner_take(struct step *step, const struct json_value *v)
{
    long long group, uid, before;

    if (!json_member_int(v, "group", 0, INT32_MAX, &group) ||
        !json_member_int(v, "uid", 0, UINT32_MAX, &uid) ||
        !json_member_int(v, "uid_before", 0, UINT32_MAX, &before))
        return false;
    *step_owner_of(step) = (struct owner){ (int)group, (uid_t)uid, (uid_t)before };
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
        /*
         * Its only reset may be a bus reset, which the kernel refuses if the bus has other
         * devices (pci_reset_bus_function()).
         */
        if (r && r != -ENOTTY)
            return err_sys_on(e, XV_FAILED, -r, BDF_STR(step->bdf), "reset it");
    }
    step->status = STEP_DONE;
    return 0;
}

static void reset_describe(const struct step *step, struct step_text *ret)
{
    snprintf(ret->what, sizeof(ret->what), "reset %s where it can be", BDF_STR(step->bdf));
}

/* Each function that the reset takes along must be in pciback, and belong to no guest. */
static int check_waits(const struct apply *a, struct bdf bdf, struct err *e)
{
    struct driver_state driver;
    int r = step_still_free(a, bdf, e);

    if (!r)
        r = driver_look(a->root, bdf, &driver, e);
    if (!r && strcmp(driver.driver, PCIBACK))
        r = err_on(e, XV_FAILED, EBUSY, BDF_STR(bdf),
                   "it is not in pciback any more, and a reset of its card would reset it, too");
    return r;
}

/* A function that does not come back answers with ones (PCIe 2.3.2). */
static int check_answers(const struct apply *a, struct bdf bdf, struct err *e)
{
    AUTO_CLOSE int fd = root_openf(a->root, O_RDONLY, "sys/bus/pci/devices/%s/config",
                                   BDF_STR(bdf));
    uint8_t ids[4];

    if (fd >= 0 && read(fd, ids, sizeof(ids)) == (ssize_t)sizeof(ids) &&
        memcmp(ids, "\xff\xff\xff\xff", sizeof(ids)))
        return 0;
    return err_on(e, XV_FAILED, EIO, BDF_STR(bdf), "it does not answer after a reset of its card");
}

static int reset_card_apply(const struct apply *a, struct step *const *steps, size_t n,
                            struct err *e)
{
    struct step *step = steps[0];
    struct bdf bridge, fns[RESET_CARD_MAX];
    size_t found = reset_card(a->root, step->bdf, &bridge, fns, ARRAY_LEN(fns));
    char path[128];
    int r = 0;

    (void)n;
    if (found != step_card(step)->n || !bdf_equal(bridge, step_card(step)->bridge))
        return err_on(e, XV_FAILED, ENODEV, BDF_STR(step->bdf), "its card has changed");
    for (size_t i = 0; !r && i < found; i++)
        r = check_waits(a, fns[i], e);
    if (r)
        return r;
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/reset_subordinate", BDF_STR(bridge));
    r = sysfs_write(a->root, path, "1");
    if (r)
        return err_sys_on(e, XV_FAILED, -r, BDF_STR(bridge), "reset all below it");
    for (size_t i = 0; !r && i < found; i++)
        r = check_answers(a, fns[i], e);
    if (!r)
        step->status = STEP_DONE;
    return r;
}

static void reset_card_describe(const struct step *step, struct step_text *ret)
{
    char bdf[BDF_TEXT_MAX];

    snprintf(bdf, sizeof(bdf), "%s", BDF_STR(step->bdf));
    snprintf(ret->what, sizeof(ret->what), "reset the card of %s: all %u functions below %s", bdf,
             step_card(step)->n, BDF_STR(step_card(step)->bridge));
}

static void reset_card_put(const struct step *step, struct json *json)
{
    json_str(json, "bridge", BDF_STR(step_card(step)->bridge));
    json_int(json, "functions", step_card(step)->n);
}

static bool reset_card_take(struct step *step, const struct json_value *v)
{
    struct err ignored;
    struct bdf bridge;
    long long n;
    const char *text = json_member_str(v, "bridge");

    if (!text || bdf_parse(text, &bridge, &ignored) ||
        !json_member_int(v, "functions", 1, RESET_CARD_MAX, &n))
        return false;
    *step_card(step) = (struct card){ bridge, (unsigned)n };
    return true;
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
        .kind = STEP_BIND, .word = "bind", .scope = SCOPE_FUNCTION, .anew = true,
        .prepare = move_prepare, .apply = bind_apply, .undo = move_undo, .again = take_again,
        .describe = take_describe, .result = bind_result, .put = move_put, .take = move_take,
    },
    {
        .kind = STEP_UNBIND, .word = "unbind", .scope = SCOPE_FUNCTION,
        .prepare = move_prepare, .apply = return_apply, .undo = move_undo, .again = return_again,
        .describe = return_describe, .result = bind_result, .put = move_put, .take = move_take,
    },
    {
        .kind = STEP_OWNER, .word = "set-owner", .scope = SCOPE_HOST, .gate = true,
        .prepare = owner_prepare, .apply = owner_apply, .undo = owner_undo,
        .describe = owner_describe, .tell = owner_tell, .put = owner_put, .take = owner_take,
    },
    {
        .kind = STEP_RESET, .word = "reset", .scope = SCOPE_FUNCTION, .apply = reset_apply,
        .describe = reset_describe,
    },
    {
        .kind = STEP_RESET_CARD, .word = "reset-card", .scope = SCOPE_FUNCTION,
        .apply = reset_card_apply, .describe = reset_card_describe, .put = reset_card_put,
        .take = reset_card_take,
    },
    {
        .kind = STEP_CONFIGURE, .word = "configure", .scope = SCOPE_FUNCTION,
        .prepare = configure_prepare, .apply = configure_apply, .undo = configure_undo,
        .describe = configure_describe, .tell = configure_tell, .result = configure_result,
        .put = configure_put, .take = configure_take,
    },
    {
        .kind = STEP_PUT_BACK, .word = "put-back", .scope = SCOPE_FUNCTION, .aside = true,
        .prepare = put_back_prepare, .apply = put_back_apply, .undo = configure_undo,
        .describe = put_back_describe, .result = configure_result,
        .put = configure_put, .take = configure_take,
    },
};

void host_steps_register(void)
{
    step_rows_register(rows, ARRAY_LEN(rows));
}
