/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv_libxl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>

#include "cleanup.h"

/* More, and the 10 s that libxl gives each removal run out while they queue. */
#define IN_FLIGHT_MAX 4

void hv_libxl_device(const struct guest_pci *pci, libxl_device_pci *ret)
{
    libxl_device_pci_init(ret);
    ret->domain = (int)pci->bdf.segment;
    ret->bus = pci->bdf.bus;
    ret->dev = pci->bdf.slot;
    ret->func = pci->bdf.func;
    ret->vdevfn = pci->vslot << 3;
    /*
     * libxl puts a function at its own number when this mask is the function's bit,
     * and at 0 otherwise (device_pci_add_stubdom_done()).
     */
    ret->vfunc_mask = pci->vfunc ? 1u << pci->bdf.func : 1u;
    ret->permissive = pci->permissive;
    ret->msitranslate = pci->msitranslate;
    ret->power_mgmt = pci->power_mgmt;
    ret->rdm_policy = pci->rdm_policy == GUEST_RDM_RELAXED
                          ? LIBXL_RDM_RESERVE_POLICY_RELAXED
                          : LIBXL_RDM_RESERVE_POLICY_STRICT;
}

int hv_attach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, struct err *e)
{
    libxl_device_pci dev;
    int rc;

    hv_libxl_device(pci, &dev);
    xl_log_mark(&hv->log);
    rc = libxl_device_pci_add(hv->ctx, domid, &dev, NULL);
    libxl_device_pci_dispose(&dev);
    return rc ? hv_libxl_error(hv, e, rc, "attach %s", BDF_STR(pci->bdf)) : 0;
}

/* One turn of libxl's event loop; -EINTR after a signal. */
static int turn(libxl_ctx *ctx)
{
    struct pollfd fds[64];
    int n = (int)ARRAY_LEN(fds), wait_ms = -1, r;
    struct timeval now;

    gettimeofday(&now, NULL);
    if (libxl_osevent_beforepoll(ctx, &n, fds, &wait_ms, now))
        return -EIO;
    r = poll(fds, (nfds_t)n, wait_ms);
    if (r < 0)
        return -errno;
    gettimeofday(&now, NULL);
    libxl_osevent_afterpoll(ctx, n, fds, now);
    return 0;
}

/* Removals under way; an operation's event carries its index + 1. */
struct removals {
    struct hv *hv;
    uint32_t domid;
    const struct guest_pci *pci;
    size_t n, started, finished;
    bool force;
    int *rcs;
};

static void start_more(struct removals *rm)
{
    while (rm->started < rm->n &&
           rm->started - rm->finished < IN_FLIGHT_MAX) {
        size_t i = rm->started++;
        libxl_asyncop_how how = { .callback = NULL, .u.for_event = i + 1 };
        libxl_device_pci dev;
        int rc;

        hv_libxl_device(&rm->pci[i], &dev);
        if (rm->force)
            rc = libxl_device_pci_destroy(rm->hv->ctx, rm->domid, &dev, &how);
        else
            rc = libxl_device_pci_remove(rm->hv->ctx, rm->domid, &dev, &how);
        libxl_device_pci_dispose(&dev);
        if (rc) {
            rm->rcs[i] = -EIO;
            rm->finished++;
        }
    }
}

static void collect(struct removals *rm)
{
    libxl_event *event;

    while (!libxl_event_check(rm->hv->ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL)) {
        if (event->type == LIBXL_EVENT_TYPE_OPERATION_COMPLETE && event->for_user >= 1 &&
            event->for_user <= rm->n) {
            int rc = event->u.operation_complete.rc;

            rm->rcs[event->for_user - 1] =
                !rc ? 0 : rc == ERROR_TIMEDOUT || rc == ERROR_ABORTED ? -ETIMEDOUT : -EIO;
            rm->finished++;
        }
        libxl_event_free(rm->hv->ctx, event);
    }
}

int hv_detach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n, bool force,
              int *rcs, struct err *e)
{
    struct removals rm = { .hv = hv, .domid = domid, .pci = pci, .n = n, .force = force,
                           .rcs = rcs };

    for (size_t i = 0; i < n; i++)
        rcs[i] = -ETIMEDOUT;
    xl_log_mark(&hv->log);
    for (;;) {
        int r;

        start_more(&rm);
        collect(&rm);
        if (rm.finished == n)
            break;
        r = turn(hv->ctx);
        if (r && r != -EINTR)
            return err_sys(e, XV_INCOMPLETE, -r, "wait for libxl");
    }
    for (size_t i = 0; i < n; i++)
        if (rcs[i] && rcs[i] != -ETIMEDOUT)
            hv_libxl_error(hv, e, ERROR_FAIL, "detach %s", BDF_STR(pci[i].bdf));
    return 0;
}
