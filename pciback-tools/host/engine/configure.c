/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The step that makes the settings of a virtual function, and their record. */
#include "engine/host_steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/document.h"
#include "vf/vf_link.h"
#include "vf/vf_record.h"

static int look(const struct apply *a, struct bdf bdf, struct vf_place *place,
                struct vf_settings *ret, struct err *e)
{
    int r = vf_place(a->root, bdf, place, e);

    return r ? r : vf_link_read(place, ret, e);
}

int configure_prepare(const struct apply *a, struct step *step, struct err *e)
{
    struct vf_place place;

    return look(a, step->bdf, &place, &step_configure(step)->before, e);
}

/* The first of these settings. */
static struct vf_settings first_of(const struct vf_settings *s, unsigned which)
{
    return vf_settings_only(s, which & -which);
}

/* Sets what differs, and looks whether the driver has taken it. */
static int set_and_look(const struct apply *a, struct bdf bdf, const struct vf_settings *want,
                        struct err *e)
{
    struct vf_settings is, todo;
    struct vf_place place;
    unsigned left;
    int r = look(a, bdf, &place, &is, e);

    if (r)
        return r;
    todo = vf_settings_only(want, vf_settings_differ(want, &is));
    r = vf_link_set(&place, &todo, e);
    if (r) {
        err_object(e, BDF_STR(bdf));
        return r;
    }
    r = look(a, bdf, &place, &is, e);
    if (r)
        return r;
    left = vf_settings_differ(want, &is);
    if (left) {
        struct vf_settings asked = first_of(want, left), got = vf_settings_only(&is, asked.has);

        return err_on(e, XV_FAILED, EIO, BDF_STR(bdf), "%s: the driver of %s has not taken it: %s%s",
                      VF_SETTINGS_STR(&asked), place.ifname,
                      got.has ? "it has " : "it does not have this setting",
                      VF_SETTINGS_STR(&got));
    }
    return 0;
}

int configure_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    struct step *step = steps[0];
    const struct configure *c = step_configure(step);
    int r = set_and_look(a, step->bdf, &c->want, e);

    (void)n;
    if (!r)
        r = vf_record_set(a->records, step->bdf, &c->record, e);
    if (!r)
        step->status = STEP_DONE;
    return r;
}

int put_back_prepare(const struct apply *a, struct step *step, struct err *e)
{
    struct err ignored;

    (void)e;
    if (configure_prepare(a, step, &ignored))
        step_configure(step)->before.has = 0;
    return 0;
}

/*
 * The guest is gone, and the next one may need other settings: a value that the driver does not
 * take causes a note.
 */
int put_back_apply(const struct apply *a, struct step *const *steps, size_t n, struct err *e)
{
    struct step *step = steps[0];
    const struct configure *c = step_configure(step);
    struct bdf pf;
    int r;

    (void)n;
    for (unsigned bit = 1; bit < VF_SETTINGS_END && vf_pf(a->root, step->bdf, &pf); bit <<= 1) {
        struct vf_settings one = vf_settings_only(&c->want, bit);
        struct err why;

        if (one.has && set_and_look(a, step->bdf, &one, &why) && !*step->message)
            step_say(step, "not put back: %s", err_cause(&why, BDF_STR(step->bdf)));
    }
    r = vf_record_set(a->records, step->bdf, &c->record, e);
    if (!r)
        step->status = STEP_DONE;
    return r;
}

/* If its physical function has gone, there is nothing to put back. */
int configure_undo(const struct apply *a, struct step *step, struct err *e)
{
    const struct configure *c = step_configure(step);
    struct vf_settings before = vf_settings_only(&c->before, c->want.has);
    struct bdf pf;
    int r = vf_pf(a->root, step->bdf, &pf) ? set_and_look(a, step->bdf, &before, e) : 0;

    return r ? r : vf_record_set(a->records, step->bdf, &c->recorded, e);
}

void configure_describe(const struct step *step, struct step_text *ret)
{
    const struct configure *c = step_configure(step);

    snprintf(ret->what, sizeof(ret->what), "set %s of %s", VF_SETTINGS_STR(&c->want),
             BDF_STR(step->bdf));
    snprintf(ret->undo, sizeof(ret->undo), "set the former values again");
}

void put_back_describe(const struct step *step, struct step_text *ret)
{
    const struct configure *c = step_configure(step);

    snprintf(ret->what, sizeof(ret->what), "put back %s of %s", VF_SETTINGS_STR(&c->want),
             BDF_STR(step->bdf));
    snprintf(ret->undo, sizeof(ret->undo), step->final ? "none: the guest no longer has it"
                                                       : "set the former values again");
}

void configure_tell(const struct step *step, char *buf, size_t size)
{
    snprintf(buf, size, "set %s", VF_SETTINGS_STR(&step_configure(step)->want));
}

void configure_result(const struct step *step, const struct root *root, struct json *json)
{
    const struct configure *c = step_configure(step);

    (void)root;
    document_place(json, c->vslot, c->vfunc);
}

static void put(struct json *json, const char *key, const struct vf_settings *s)
{
    json_str(json, key, VF_SETTINGS_STR(s));
}

static void put_record(struct json *json, const char *key, const struct vf_record *record)
{
    char text[VF_RECORD_TEXT_MAX];

    vf_record_format(record, text);
    json_str(json, key, text);
}

void configure_put(const struct step *step, struct json *json)
{
    const struct configure *c = step_configure(step);

    put(json, "settings", &c->want);
    put_record(json, "record", &c->record);
    put_record(json, "recorded", &c->recorded);
    put(json, "before", &c->before);
    json_bool(json, "back", !step->final);
}

static bool take(const struct json_value *v, const char *key, struct vf_settings *ret)
{
    const char *text = json_member_str(v, key);
    struct err ignored;

    return text && !vf_settings_parse_former(text, ret, &ignored);
}

static bool take_record(const struct json_value *v, const char *key, struct vf_record *ret)
{
    const char *text = json_member_str(v, key);

    return text && vf_record_parse(text, ret);
}

bool configure_take(struct step *step, const struct json_value *v)
{
    struct configure c = { .vslot = 0 };

    if (!take(v, "settings", &c.want) || !take_record(v, "record", &c.record) ||
        !take_record(v, "recorded", &c.recorded) || !take(v, "before", &c.before))
        return false;
    *step_configure(step) = c;
    step->final = !json_member_bool(v, "back");
    return true;
}
