/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/unplug.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "change/interrupt.h"
#include "decide/facts.h"

#define POLL_MS 200         /* between two looks at a guest */
#define PRECAUTION_MS 1000  /* the same, if QEMU reports the end of a removal */
#define FOLLOW_MS 1500      /* wait this long for other releases, then tidy up once */
#define ASK_AGAIN_MS 6000   /* ask again after this: a guest can lose the event */

/* Sets each function's state from xenstore and QEMU. */
static int look(struct hv *hv, const struct hv_domain *dom, struct unplug *fns, size_t n,
                struct err *e)
{
    AUTO_FREE struct guest_pci *assigned = NULL;
    AUTO_FREE struct hv_slot *bus = NULL;
    size_t n_assigned = 0, n_bus = 0;
    bool bus_known;
    int r;

    r = hv_assigned_to(hv, dom->domid, &assigned, &n_assigned, e);
    if (r)
        return r;
    r = hv_bus(hv, dom, &bus, &n_bus, e);
    if (r && r != -EOPNOTSUPP)
        return r;
    bus_known = r == 0;
    for (size_t i = 0; i < n; i++) {
        const struct guest_pci *entry = guest_pci_find(assigned, n_assigned, fns[i].pci.bdf);
        bool listed = entry != NULL;
        bool plugged = bus_known && bus_find_host(bus, n_bus, fns[i].pci.bdf);

        fns[i].bus_known = bus_known;
        if (bus_known && bus_unsure(bus, n_bus, fns[i].pci.bdf))
            return err_on(e, XV_CANNOT, ENOTUNIQ, BDF_STR(fns[i].pci.bdf),
                          "the device model of '%s' does not say in which segment its device is",
                          dom->name);
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
 * Calls hv_detach() for the functions in one state, and stores libxl's message for each.
 * *refused becomes true if libxl refused one.
 */
static int remove_those(struct hv *hv, const struct hv_domain *dom, struct unplug *fns, size_t n,
                        enum unplug_state state, enum hv_removal how, bool *refused, struct err *e)
{
    AUTO_FREE struct unplug **picked = calloc(n, sizeof(*picked));
    AUTO_FREE struct guest_pci *pci = calloc(n, sizeof(*pci));
    AUTO_FREE int *rcs = calloc(n, sizeof(*rcs));
    size_t count = 0;
    int r;

    if (!picked || !pci || !rcs)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++)
        if (fns[i].state == state) {
            pci[count] = fns[i].pci;
            picked[count++] = &fns[i];
        }
    e->message[0] = '\0';
    r = hv_detach(hv, dom->domid, pci, count, how, rcs, e);
    for (size_t i = 0; i < count; i++) {
        if (rcs[i] && rcs[i] != -ETIMEDOUT)
            snprintf(picked[i]->message, sizeof(picked[i]->message), "%.199s", e->message);
        *refused |= rcs[i] != 0;
    }
    return r;
}

static bool any(const struct unplug *fns, size_t n, enum unplug_state state)
{
    for (size_t i = 0; i < n; i++)
        if (fns[i].state == state)
            return true;
    return false;
}

/*
 * Asks the guest, through QEMU, to release its devices.  libxl_device_pci_remove() cannot do
 * this: it looks once a second, gives up after its own 10 s, and cannot be cut short
 * (libxl_ao_abort() ends in an assertion, Xen 4.17).  Ignore a refusal: a request may be pending
 * already.  Returns how many functions QEMU has asked the guest for.
 */
static size_t ask_guest(const struct ear *ear, struct unplug *fns, size_t n, long long deadline)
{
    size_t asked = 0;

    for (size_t i = 0; i < n; i++) {
        bool twin = false;
        struct err e;

        for (size_t j = 0; j < i; j++)
            twin |= fns[i].pci.vslot && fns[j].pci.vslot == fns[i].pci.vslot;
        if (twin || (fns[i].state != UNPLUG_ATTACHED && fns[i].state != UNPLUG_HELD))
            continue;
        if (hv_unplug(ear->hv, ear->dom->domid, fns[i].pci.bdf, &e))
            snprintf(fns[i].message, sizeof(fns[i].message), "%.199s", e.message);
        else
            asked++;
        fns[i].woken |= ear_wait(ear, deadline) == HEARD_WOKEN;
    }
    return asked;
}

/*
 * Asks only QEMU how many of the functions have left its bus.  Each look costs a small guest
 * processor time.
 */
static int glance(struct hv *hv, const struct hv_domain *dom, const struct unplug *fns, size_t n,
                  size_t *gone, size_t *left, struct err *e)
{
    AUTO_FREE struct hv_slot *bus = NULL;
    size_t n_bus = 0;
    int r = hv_bus(hv, dom, &bus, &n_bus, e);

    *gone = *left = 0;
    for (size_t i = 0; !r && i < n; i++)
        if (fns[i].state == UNPLUG_ATTACHED || fns[i].state == UNPLUG_HELD)
            ++*(bus_find_host(bus, n_bus, fns[i].pci.bdf) ||
                bus_unsure(bus, n_bus, fns[i].pci.bdf) ? left : gone);
    return r;
}

/*
 * Sleeps until the next look.  Too many looks slow the guest down; if QEMU reports the removal of
 * each of the `left` functions, a look is only a precaution.
 */
static void wait_for_news(struct hv *hv, const struct hv_domain *dom, size_t left,
                          long long look_began, long long deadline)
{
    long long now = stop_now_ms(), ms = 2 * (now - look_began);

    if (ms < POLL_MS)
        ms = POLL_MS;
    if (hv_unplug_tells(hv, dom->domid) && ms < PRECAUTION_MS)
        ms = PRECAUTION_MS;
    if (ms > deadline - now)
        ms = deadline - now;
    if (ms > 0)
        hv_unplug_wait(hv, dom->domid, left, (int)ms);
}

/*
 * Waits until all functions have left the guest's bus, or some have and no other follows, or time
 * is up.  *asked: time of the last request, 0 for none.
 */
static int await_guest(const struct ear *ear, struct unplug *fns, size_t n, long long deadline,
                       long long *asked, struct err *e)
{
    const struct hv_domain *dom = ear->dom;
    struct hv *hv = ear->hv;
    long long last_change = stop_now_ms();
    size_t gone = 0, left = 0, before = 0;
    int r = 0;

    do {
        long long began = stop_now_ms();

        if (!*asked || began - *asked >= ASK_AGAIN_MS) {
            left = ask_guest(ear, fns, n, deadline);
            *asked = began;
            if (left && hv_unplug_tells(hv, dom->domid)) {
                wait_for_news(hv, dom, left, stop_now_ms(), deadline);
                began = stop_now_ms();
            }
        }
        r = glance(hv, dom, fns, n, &gone, &left, e);
        if (r || !left || (gone && gone == before && began - last_change >= FOLLOW_MS))
            break;
        if (gone != before)
            last_change = began;
        before = gone;
        wait_for_news(hv, dom, left, began, deadline);
    } while (!stop_requested() && stop_now_ms() < deadline);
    return r;
}

int unplug(struct hv *hv, const struct hv_domain *dom, struct unplug *fns, size_t n,
           unsigned timeout_ms, bool force, struct err *e)
{
    long long deadline = stop_now_ms() + timeout_ms, asked = 0;
    bool by_libxl = false, forced = false, tidied_late = false;
    struct ear ear;
    size_t lost;
    int r;

    ear_open(&ear, hv, dom);
    lost = ear_lost(&ear);
    while (!(r = look(hv, dom, fns, n, e))) {
        bool late = stop_requested() || stop_now_ms() >= deadline;
        bool refused = false;

        if (any(fns, n, UNPLUG_STALE) && !tidied_late) {
            /* QEMU has released it.  libxl's forced removal does the rest. */
            tidied_late = late;
            r = remove_those(hv, dom, fns, n, UNPLUG_STALE, HV_TIDY, &refused, e);
            if (!r && refused)
                stop_sleep_ms(POLL_MS);
        } else if (!any(fns, n, UNPLUG_ATTACHED) && !any(fns, n, UNPLUG_HELD)) {
            break;
        } else if (!fns->bus_known && !by_libxl) {
            /* For a PV guest or a stub domain only libxl can be asked. */
            by_libxl = true;
            r = remove_those(hv, dom, fns, n, UNPLUG_ATTACHED, HV_REMOVE, &refused, e);
        } else if (late && force && !forced && !stop_requested() &&
                   any(fns, n, UNPLUG_ATTACHED)) {
            forced = true;
            r = remove_those(hv, dom, fns, n, UNPLUG_ATTACHED, HV_FORCE, &refused, e);
        } else if (late) {
            break;
        } else if (fns->bus_known) {
            r = await_guest(&ear, fns, n, deadline, &asked, e);
        } else {
            stop_sleep_ms(POLL_MS);
        }
        if (r)
            break;
    }
    for (size_t i = 0, now = ear_lost(&ear); !r && i < n; i++)
        fns[i].took = now > lost && fns[i].state == UNPLUG_GONE;
    return r;
}

int unplug_tidy(struct hv *hv, const struct hv_domain *dom, struct unplug *fn, struct err *e)
{
    int r = look(hv, dom, fn, 1, e);

    return !r && fn->state == UNPLUG_STALE ? unplug(hv, dom, fn, 1, 0, false, e) : r;
}
