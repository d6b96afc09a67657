/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "detail/link_down.h"

/* The kernel has no event for a link that fails in a slot without hot-plug and without DPC. */
#define LINK_LOOK_S 10

#define BACKEND "/local/domain/0/backend/pci"

struct watch {
    const struct root *root;
    struct xs *xs;
    int uevents;
    struct event_state state;
    struct event_drivers drivers;
    struct event_links links;
};

static int add_domain(struct event_state *state, uint32_t domid, const char *name)
{
    if (event_state_domain(state, domid))
        return 0;
    if (ARRAY_GROW(state->domains, state->n_domains))
        return -ENOMEM;
    state->domains[state->n_domains] = (struct event_domain){ .domid = domid };
    snprintf(state->domains[state->n_domains++].name, sizeof(state->domains->name), "%s", name);
    return 0;
}

static int look_at_domain(struct xs *xs, struct event_domain *dom, struct err *e)
{
    AUTO_FREE char *name = NULL, *aer = NULL;
    int r = xs_getf(xs, &name, e, "/local/domain/%u/name", dom->domid);

    if (!r)
        r = xs_getf(xs, &aer, e, BACKEND "/%u/0/aerState", dom->domid);
    if (!r && name)
        snprintf(dom->name, sizeof(dom->name), "%s", name);
    dom->failed = aer && !strcmp(aer, "aerfail");
    return r;
}

/*
 * A stub domain has its guest's functions too (libxl_pci.c gives them to both): report only the
 * guest.
 */
static int look_at_targets(struct xs *xs, struct event_state *state, struct err *e)
{
    size_t kept = 0;
    int r = 0;

    for (size_t i = 0; !r && i < state->n; i++) {
        struct guest_pci f = state->functions[i];
        AUTO_FREE char *target = NULL;
        bool twice = false;

        r = xs_getf(xs, &target, e, "/local/domain/%u/target", f.domid);
        if (target)
            f.domid = (uint32_t)strtoul(target, NULL, 10);
        for (size_t k = 0; k < state->n; k++)
            twice |= target && (k < kept || k > i) && state->functions[k].domid == f.domid &&
                     bdf_equal(state->functions[k].bdf, f.bdf);
        if (!twice)
            state->functions[kept++] = f;
    }
    state->n = kept;
    return r;
}

/* The domains of the functions, and those of the last look that still run. */
static int look_at_domains(struct xs *xs, const struct event_state *before,
                           struct event_state *state, struct err *e)
{
    int r = look_at_targets(xs, state, e);

    if (r)
        return r;
    for (size_t i = 0; !r && i < state->n; i++)
        r = add_domain(state, state->functions[i].domid, "");
    for (size_t i = 0; !r && i < before->n_domains; i++)
        if (xs_domain_lives(xs, before->domains[i].domid))
            r = add_domain(state, before->domains[i].domid, before->domains[i].name);
    if (r)
        return err_nomem(e);
    r = xs_snapshot(xs, e);
    if (r)
        return r;
    for (size_t i = 0; !r && i < state->n_domains; i++)
        r = look_at_domain(xs, &state->domains[i], e);
    xs_snapshot_end(xs);
    return r;
}

static int look(struct xs *xs, const struct event_state *before, struct event_state *ret,
                struct err *e)
{
    struct event_state state = { .n = 0 };
    int r = guest_pci_list(xs, &state.functions, &state.n, e);

    if (!r)
        r = look_at_domains(xs, before, &state, e);
    if (r)
        event_state_clear(&state);
    else
        *ret = state;
    return r;
}

static int look_at_drivers(struct watch *w, event_fn *tell, void *user, struct err *e)
{
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    int r = inventory_open(&inv, w->root, e);

    return r ? r : events_drivers(&w->drivers, &w->state, inv, tell, user, e);
}

int watch_open(struct watch **ret, const struct root *root, struct xs *xs, struct err *e)
{
    struct watch *w = calloc(1, sizeof(*w));
    int r;

    if (!w)
        return err_nomem(e);
    *w = (struct watch){ .root = root, .xs = xs, .uevents = -1 };
    /* Listen before the first look: changes during the look are reported later. */
    r = uevent_open(&w->uevents, e);
    if (!r)
        r = xs_watch_path(xs, BACKEND, e);
    if (!r)
        r = xs_watch_path(xs, "@releaseDomain", e);
    if (!r)
        r = look_at_drivers(w, NULL, NULL, e);
    if (!r)
        r = look(xs, &w->state, &w->state, e);
    if (r)
        watch_close(w);
    else
        *ret = w;
    return r;
}

struct watch *watch_close(struct watch *w)
{
    if (w) {
        if (w->uevents >= 0)
            close(w->uevents);
        event_state_clear(&w->state);
        free(w->drivers.list);
        free(w->links.down);
        free(w);
    }
    return NULL;
}

static int tell_guests(struct watch *w, event_fn *tell, void *user, struct err *e)
{
    struct event_state now = { .n = 0 };
    int r = xs_watch_changed(w->xs, e);

    if (r <= 0)
        return r;
    r = look(w->xs, &w->state, &now, e);
    if (r)
        return r;
    r = events_between(&w->state, &now, tell, user, e);
    event_state_clear(&w->state);
    w->state = now;
    return r;
}

static int tell_drivers(struct watch *w, event_fn *tell, void *user, struct err *e)
{
    struct uevent uevent;
    int r;

    while ((r = uevent_read(w->uevents, &uevent, e)) == 1) {
        r = events_uevent(&w->drivers, &w->state, &uevent, tell, user, e);
        if (r)
            return r;
    }
    /* Events were lost: report the present state of all. */
    return r == -ENOBUFS ? look_at_drivers(w, tell, user, e) : r;
}

static int tell_links(struct watch *w, event_fn *tell, void *user, struct err *e)
{
    struct event_links now = { .n = 0 };
    int r = 0;

    for (size_t i = 0; !r && i < w->state.n; i++) {
        struct bdf bdf = w->state.functions[i].bdf, port;

        if (link_down(w->root, bdf, &port))
            r = bdf_add_once(&now.down, &now.n, bdf, e);
    }
    if (!r)
        r = events_links(&w->links, &now, &w->state, tell, user, e);
    free(w->links.down);
    w->links = now;
    return r;
}

/*
 * Unblock the signals only while waiting: else a signal just before would be noticed only at the
 * next event.
 */
static int wait_for_events(const struct watch *w, const struct hook *hook, struct err *e)
{
    struct pollfd fds[] = {
        { .fd = xs_watch_fd(w->xs), .events = POLLIN },
        { .fd = w->uevents, .events = POLLIN },
        { .fd = hook ? hook_fd(hook) : -1, .events = POLLIN },
    };
    struct timespec until_look = { .tv_sec = LINK_LOOK_S };
    sigset_t stops, before;
    int r = 0;

    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    sigprocmask(SIG_BLOCK, &stops, &before);
    if (!stop_requested() &&
        ppoll(fds, ARRAY_LEN(fds), w->state.n ? &until_look : NULL, &before) < 0 && errno != EINTR)
        r = err_sys(e, XV_CANNOT, errno, "wait for events");
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (!r && !stop_requested() && fds[0].revents & (POLLERR | POLLHUP))
        r = err_set(e, XV_CANNOT, EPIPE, "xenstored has closed the connection");
    return r ? r : (fds[2].revents != 0);
}

int watch_run(struct watch *w, struct hook *hook, event_fn *tell,
              void (*complain)(const struct err *e, void *user), void *user, struct err *e)
{
    int r = 0;

    while (r >= 0 && !stop_requested()) {
        r = wait_for_events(w, hook, e);
        if (r == 1 && hook_ended(hook, e))
            complain(e, user);
        if (r >= 0 && !stop_requested())
            r = tell_guests(w, tell, user, e);
        if (r >= 0 && !stop_requested())
            r = tell_drivers(w, tell, user, e);
        if (r >= 0 && !stop_requested())
            r = tell_links(w, tell, user, e);
    }
    return r < 0 ? r : 0;
}
