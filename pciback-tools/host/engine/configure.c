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
        r = vf_record_set(a->records, step->bdf, &c->want, e);
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

/* A MAC address of zeros, which a function has without a setting, is no word. */
static void put_before(struct json *json, const struct vf_settings *before)
{
    static const uint8_t none[6];
    struct vf_settings s = *before;
    bool no_mac = s.has & VF_MAC && !memcmp(s.mac, none, sizeof(none));

    if (no_mac)
        s.has &= ~(unsigned)VF_MAC;
    put(json, "before", &s);
    json_bool(json, "no_mac_before", no_mac);
}

void configure_put(const struct step *step, struct json *json)
{
    const struct configure *c = step_configure(step);

    put(json, "settings", &c->want);
    put(json, "recorded", &c->recorded);
    put_before(json, &c->before);
}

static bool take(const struct json_value *v, const char *key, struct vf_settings *ret)
{
    const char *text = json_member_str(v, key);
    struct err ignored;

    return text && !vf_settings_parse(text, ret, &ignored);
}

bool configure_take(struct step *step, const struct json_value *v)
{
    struct configure c = { .vslot = 0 };

    if (!take(v, "settings", &c.want) || !take(v, "recorded", &c.recorded) ||
        !take(v, "before", &c.before))
        return false;
    if (json_member_bool(v, "no_mac_before"))
        c.before.has |= VF_MAC;
    *step_configure(step) = c;
    return true;
}
