/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

const char *event_word(enum event_kind kind)
{
    static const char *const words[] = {
        [EVENT_ATTACHED] = "attached",
        [EVENT_DETACHED] = "detached",
        [EVENT_GUEST_GONE] = "guest-gone",
        [EVENT_DRIVER] = "driver",
        [EVENT_AER_FAIL] = "aerfail",
        [EVENT_GONE] = "gone",
        [EVENT_PLUGGED] = "plugged",
        [EVENT_ERROR] = "error",
        [EVENT_RECOVERED] = "recovered",
        [EVENT_NOT_RECOVERED] = "not-recovered",
        [EVENT_LINK] = "link",
    };

    return words[kind];
}

void event_state_clear(struct event_state *state)
{
    free(state->functions);
    free(state->domains);
    *state = (struct event_state){ .n = 0 };
}

struct event_domain *event_state_domain(const struct event_state *state, uint32_t domid)
{
    for (size_t i = 0; i < state->n_domains; i++)
        if (state->domains[i].domid == domid)
            return &state->domains[i];
    return NULL;
}

/*
 * Are both the same attachment? A device that was detached and attached elsewhere is another one.
 */
static bool has(const struct event_state *state, const struct guest_pci *f)
{
    for (size_t i = 0; i < state->n; i++) {
        const struct guest_pci *g = &state->functions[i];

        if (bdf_equal(g->bdf, f->bdf) && g->domid == f->domid &&
            (!g->vslot || !f->vslot || (g->vslot == f->vslot && g->vfunc == f->vfunc)))
            return true;
    }
    return false;
}

/* An event of a function of a guest. */
static int tell_function(enum event_kind kind, const struct event_state *state,
                         const struct guest_pci *f, event_fn *tell, void *user, struct err *e)
{
    const struct event_domain *dom = event_state_domain(state, f->domid);
    struct event event = {
        .kind = kind, .bdf = f->bdf, .domid = f->domid, .domain = dom ? dom->name : "",
        .vslot = f->vslot, .vfunc = f->vfunc,
    };

    return tell(&event, user, e);
}

static int tell_moves(enum event_kind kind, const struct event_state *of,
                      const struct event_state *not_in, event_fn *tell, void *user,
                      struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < of->n; i++)
        if (!has(not_in, &of->functions[i]))
            r = tell_function(kind, of, &of->functions[i], tell, user, e);
    return r;
}

/* An event of a domain, with its functions in this state. */
static int tell_domain(enum event_kind kind, const struct event_domain *dom,
                       const struct event_state *state, event_fn *tell, void *user,
                       struct err *e)
{
    AUTO_FREE struct bdf *devices = calloc(state->n + 1, sizeof(*devices));
    struct event event = { .kind = kind, .domid = dom->domid, .domain = dom->name };

    if (!devices)
        return err_nomem(e);
    for (size_t i = 0; i < state->n; i++)
        if (state->functions[i].domid == dom->domid)
            devices[event.n_devices++] = state->functions[i].bdf;
    event.devices = devices;
    return tell(&event, user, e);
}

int events_between(const struct event_state *before, const struct event_state *after,
                   event_fn *tell, void *user, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < before->n_domains; i++)
        if (!event_state_domain(after, before->domains[i].domid))
            r = tell_domain(EVENT_GUEST_GONE, &before->domains[i], before, tell, user, e);
    if (!r)
        r = tell_moves(EVENT_DETACHED, before, after, tell, user, e);
    if (!r)
        r = tell_moves(EVENT_ATTACHED, after, before, tell, user, e);
    for (size_t i = 0; !r && i < after->n_domains; i++) {
        const struct event_domain *now = &after->domains[i],
                                  *was = event_state_domain(before, now->domid);

        if (now->failed && !(was && was->failed))
            r = tell_domain(EVENT_AER_FAIL, now, after, tell, user, e);
    }
    return r;
}

static struct event_driver *find_driver(const struct event_drivers *drivers, struct bdf bdf)
{
    for (size_t i = 0; i < drivers->n; i++)
        if (bdf_equal(drivers->list[i].bdf, bdf))
            return &drivers->list[i];
    return NULL;
}

/* A new function has had no driver. */
static int set_driver(struct event_drivers *drivers, struct bdf bdf, const char *driver,
                      event_fn *tell, void *user, struct err *e)
{
    struct event_driver *d = find_driver(drivers, bdf);
    char before[DRIVER_NAME_MAX];
    struct event event = { .kind = EVENT_DRIVER, .bdf = bdf, .before = before, .domain = "" };

    if (!d) {
        if (ARRAY_GROW(drivers->list, drivers->n))
            return err_nomem(e);
        d = &drivers->list[drivers->n++];
        *d = (struct event_driver){ .bdf = bdf };
    }
    if (!strcmp(d->driver, driver))
        return 0;
    strcpy(before, d->driver);
    snprintf(d->driver, sizeof(d->driver), "%s", driver);
    event.driver = d->driver;
    return tell ? tell(&event, user, e) : 0;
}

/* Reports what has happened to a function, if xenstore lists it for a guest. */
static int tell_guests_function(enum event_kind kind, const struct event_state *state,
                                struct bdf bdf, event_fn *tell, void *user, struct err *e)
{
    const struct guest_pci *f = guest_pci_find(state->functions, state->n, bdf);

    return f ? tell_function(kind, state, f, tell, user, e) : 0;
}

int events_uevent(struct event_drivers *drivers, const struct event_state *state,
                  const struct uevent *uevent, event_fn *tell, void *user, struct err *e)
{
    static const enum event_kind kinds[] = {
        [UEVENT_ADD] = EVENT_PLUGGED, [UEVENT_REMOVE] = EVENT_GONE,
        [UEVENT_ERROR] = EVENT_ERROR, [UEVENT_RECOVERED] = EVENT_RECOVERED,
        [UEVENT_FAILED] = EVENT_NOT_RECOVERED,
    };
    bool binds = uevent->action == UEVENT_BIND || uevent->action == UEVENT_UNBIND;
    int r = 0;

    /* An added function has no driver yet, a removed one has none any more. */
    if (uevent->action < UEVENT_ERROR)
        r = set_driver(drivers, uevent->bdf, uevent->driver, tell, user, e);
    return r || binds ? r : tell_guests_function(kinds[uevent->action], state, uevent->bdf, tell,
                                                 user, e);
}

int events_drivers(struct event_drivers *drivers, const struct event_state *state,
                   const struct inventory *inv, event_fn *tell, void *user, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < drivers->n;) {
        struct bdf bdf = drivers->list[i].bdf;

        if (inventory_find(inv, bdf)) {
            i++;
            continue;
        }
        r = set_driver(drivers, bdf, "", tell, user, e);
        if (!r && tell)
            r = tell_guests_function(EVENT_GONE, state, bdf, tell, user, e);
        drivers->list[i] = drivers->list[--drivers->n];
    }
    for (size_t i = 0; !r && i < inventory_count(inv); i++)
        r = set_driver(drivers, inventory_at(inv, i)->bdf, inventory_at(inv, i)->driver, tell,
                       user, e);
    return r;
}

int events_links(const struct event_links *before, const struct event_links *now,
                 const struct event_state *state, event_fn *tell, void *user, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < now->n; i++)
        if (!bdf_in(before->down, before->n, now->down[i]))
            r = tell_guests_function(EVENT_LINK, state, now->down[i], tell, user, e);
    return r;
}
