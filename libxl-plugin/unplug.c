/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unplug.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "facts.h"
#include "stop.h"

/* How often QEMU is asked while a guest takes its time; libxl asks once a second. */
#define POLL_MS 200

/* Sets each function's state from xenstore and QEMU. */
static int look(struct hv *hv, const struct hv_domain *dom, struct unplug *fns, size_t n,
                struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    AUTO_FREE struct hv_slot *bus = NULL;
    size_t n_assigned = 0, n_bus = 0;
    bool bus_known;
    int r;

    r = hv_assigned(hv, &assigned, &n_assigned, e);
    if (r)
        return r;
    r = hv_bus(hv, dom, &bus, &n_bus, e);
    if (r && r != -EOPNOTSUPP)
        return r;
    bus_known = r == 0;
    for (size_t i = 0; i < n; i++) {
        const struct guest_pci *entry = guest_pci_find(assigned, n_assigned, fns[i].pci.bdf);
        bool listed = entry && entry->domid == dom->domid;
        bool plugged = bus_known && bus_find_host(bus, n_bus, fns[i].pci.bdf);

        if (listed) {
            fns[i].pci.vslot = entry->vslot;
            fns[i].pci.vfunc = entry->vfunc;
            fns[i].state = plugged || !bus_known ? UNPLUG_ATTACHED : UNPLUG_STALE;
        } else {
            fns[i].state = plugged ? UNPLUG_HELD : UNPLUG_GONE;
        }
    }
    return 0;
}

/*
 * Picks the functions in a state.  Of those that share a guest slot only the first:
 * the guest lets go of the slot as a whole.
 */
static size_t pick(struct unplug *fns, size_t n, enum unplug_state state, bool per_slot,
                   struct unplug **ret)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        bool twin = false;

        for (size_t j = 0; per_slot && j < found; j++)
            twin |= fns[i].pci.vslot && ret[j]->pci.vslot == fns[i].pci.vslot;
        if (fns[i].state == state && !twin)
            ret[found++] = &fns[i];
    }
    return found;
}

/* hv_detach() of the functions in a state; what libxl said goes to their messages. */
static int remove_those(struct hv *hv, const struct hv_domain *dom, struct unplug *fns, size_t n,
                        enum unplug_state state, bool force, unsigned timeout_ms,
                        struct err *e)
{
    AUTO_FREE struct unplug **picked = calloc(n, sizeof(*picked));
    AUTO_FREE struct guest_pci *pci = calloc(n, sizeof(*pci));
    AUTO_FREE int *rcs = calloc(n, sizeof(*rcs));
    size_t count;
    int r;

    if (!picked || !pci || !rcs)
        return err_nomem(e);
    count = pick(fns, n, state, !force, picked);
    if (!count)
        return 0;
    for (size_t i = 0; i < count; i++)
        pci[i] = picked[i]->pci;
    e->message[0] = '\0';
    r = hv_detach(hv, dom->domid, pci, count, force, timeout_ms, rcs, e);
    for (size_t i = 0; i < count; i++)
        if (rcs[i] && rcs[i] != -ETIMEDOUT)
            snprintf(picked[i]->message, sizeof(picked[i]->message), "%.199s", e->message);
    return r == -EINTR ? 0 : r;
}

static bool any(const struct unplug *fns, size_t n, enum unplug_state state)
{
    for (size_t i = 0; i < n; i++)
        if (fns[i].state == state)
            return true;
    return false;
}

int unplug(struct hv *hv, const struct hv_domain *dom, struct unplug *fns, size_t n,
           unsigned timeout_ms, bool force, struct err *e)
{
    long long deadline = stop_now_ms() + timeout_ms;
    bool forced = false, cleaned = false;
    int r;

    r = look(hv, dom, fns, n, e);
    if (!r)
        r = remove_those(hv, dom, fns, n, UNPLUG_ATTACHED, false, timeout_ms, e);
    /* QEMU refuses when a request is pending already: then there is just the wait. */
    for (size_t i = 0; !r && i < n; i++) {
        struct err ignored;

        if (fns[i].state == UNPLUG_HELD)
            hv_unplug(hv, dom->domid, fns[i].pci.bdf, &ignored);
    }
    while (!r) {
        bool late;

        r = look(hv, dom, fns, n, e);
        if (r)
            break;
        late = stop_requested() || stop_now_ms() >= deadline;
        if (any(fns, n, UNPLUG_STALE) && !cleaned) {
            /* QEMU has let go: libxl's forced removal only tidies up. */
            cleaned = late;
            r = remove_those(hv, dom, fns, n, UNPLUG_STALE, true, timeout_ms, e);
            continue;
        }
        if (late && force && !forced && !stop_requested() && any(fns, n, UNPLUG_ATTACHED)) {
            forced = true;
            r = remove_those(hv, dom, fns, n, UNPLUG_ATTACHED, true, 15000, e);
            continue;
        }
        if (late || (!any(fns, n, UNPLUG_ATTACHED) && !any(fns, n, UNPLUG_HELD)))
            break;
        stop_sleep_ms(POLL_MS);
    }
    return r;
}
