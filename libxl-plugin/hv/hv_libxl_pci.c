/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/hv_libxl.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "hv/cover.h"

static pid_t self;

/*
 * libxl waits for its lock on a domain's QEMU in a forked child (libxl__ev_slowlock_lock()) that
 * inherits all descriptors.  With two operations at once, the second one's child waits for the
 * first one's lock.  If we were killed then, the child would wait forever for a lock that its own
 * copy of our descriptor holds, and keep our locks too.  So make the child die with us.
 */
static void die_with_parent(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != self)
        _exit(1);
}

static int tie_children(struct err *e)
{
    if (self == getpid())
        return 0;
    self = getpid();
    return pthread_atfork(NULL, NULL, die_with_parent) ? err_nomem(e) : 0;
}

/* With more, libxl's 10 s for a removal would pass while it waits in the queue. */
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

/*
 * libxl maps the IRQ that it reads in sysfs.  From now on it reads none for functions with
 * GUEST_IRQ_APART.
 */
static int begin_attach(const struct guest_pci *pci, size_t n, struct err *e)
{
    int r = tie_children(e);

    for (size_t i = 0; !r && i < n; i++)
        if (pci[i].irq == GUEST_IRQ_APART)
            r = cover_irq(pci[i].bdf, e);
    return r;
}

static void show_irqs(const struct guest_pci *pci, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (pci[i].irq == GUEST_IRQ_APART)
            uncover_irq(pci[i].bdf);
}

int hv_attach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, struct err *e)
{
    libxl_device_pci dev;
    int rc = begin_attach(pci, 1, e);

    if (rc)
        return rc;
    hv_libxl_device(pci, &dev);
    xl_log_mark(&hv->log);
    rc = libxl_device_pci_add(hv->ctx, domid, &dev, NULL);
    libxl_device_pci_dispose(&dev);
    show_irqs(pci, 1);
    if (!rc)
        return 0;
    rc = hv_libxl_error(hv, e, rc, "attach %s", BDF_STR(pci->bdf));
    err_about(e, BDF_STR(pci->bdf));
    return rc;
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

/* Operations under way; an event carries its operation's index + 1. */
struct operations {
    struct hv *hv;
    uint32_t domid;
    const struct guest_pci *pci;
    size_t n, started, finished;
    enum { OP_ADD, OP_REMOVE, OP_DESTROY } what;
    size_t at_once;
    int *rcs;
    struct err *e;  /* the last failure, other than a guest that does not answer */
};

static void note_end(struct operations *ops, size_t i, int rc)
{
    ops->finished++;
    ops->rcs[i] = !rc ? 0 : rc == ERROR_TIMEDOUT || rc == ERROR_ABORTED ? -ETIMEDOUT : -EIO;
    if (ops->rcs[i] == -EIO || (rc && ops->what == OP_ADD)) {
        /* libxl's last message is about this one */
        hv_libxl_error(ops->hv, ops->e, rc, "%s %s", ops->what == OP_ADD ? "attach" : "detach",
                       BDF_STR(ops->pci[i].bdf));
        err_about(ops->e, BDF_STR(ops->pci[i].bdf));
    }
}

static bool may_start(const struct operations *ops)
{
    return ops->started < ops->n && ops->started - ops->finished < ops->at_once;
}

static void start_more(struct operations *ops)
{
    while (may_start(ops)) {
        size_t i = ops->started++;
        libxl_asyncop_how how = { .callback = NULL, .u.for_event = i + 1 };
        libxl_ctx *ctx = ops->hv->ctx;
        libxl_device_pci dev;
        int rc = ERROR_FAIL;

        hv_libxl_device(&ops->pci[i], &dev);
        switch (ops->what) {
        case OP_ADD:
            rc = libxl_device_pci_add(ctx, ops->domid, &dev, &how);
            break;
        case OP_REMOVE:
            rc = libxl_device_pci_remove(ctx, ops->domid, &dev, &how);
            break;
        case OP_DESTROY:
            rc = libxl_device_pci_destroy(ctx, ops->domid, &dev, &how);
            break;
        }
        libxl_device_pci_dispose(&dev);
        if (rc)
            note_end(ops, i, rc);
    }
}

static void collect(struct operations *ops)
{
    libxl_event *event;

    while (!libxl_event_check(ops->hv->ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL)) {
        if (event->type == LIBXL_EVENT_TYPE_OPERATION_COMPLETE && event->for_user >= 1 &&
            event->for_user <= ops->n)
            note_end(ops, event->for_user - 1, event->u.operation_complete.rc);
        libxl_event_free(ops->hv->ctx, event);
    }
}

static int run_all(struct operations *ops)
{
    for (size_t i = 0; i < ops->n; i++)
        ops->rcs[i] = -ETIMEDOUT;
    xl_log_mark(&ops->hv->log);
    for (;;) {
        int r;

        start_more(ops);
        collect(ops);
        if (ops->finished == ops->n)
            return 0;
        if (may_start(ops))
            continue; /* with none under way, nothing would end the sleep below */
        r = turn(ops->hv->ctx);
        if (r && r != -EINTR)
            return err_sys(ops->e, XV_INCOMPLETE, -r, "wait for libxl");
    }
}

/* Xen has each of these in no guest: it has left the host. */
static int find_lost(struct hv *hv, const struct guest_pci *pci, size_t n, bool *lost,
                     struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        bool in_xen;
        int r = hv_is_free(hv, pci[i].bdf, &in_xen, e);

        if (r < 0)
            return r;
        lost[i] = !in_xen;
    }
    return 0;
}

/*
 * Removes the lost functions, or the others.  libxl resets the device at a function's address, and
 * at a lost function's address that may be a device of dom0.  The two go apart, because the cover
 * of pciback's own reset holds for all devices.
 */
static int remove_some(const struct operations *all, const bool *lost, bool which)
{
    AUTO_FREE struct guest_pci *pci = calloc(all->n + 1, sizeof(*pci));
    AUTO_FREE int *rcs = calloc(all->n + 1, sizeof(*rcs));
    struct operations ops = *all;
    int r = 0;

    if (!pci || !rcs)
        return err_nomem(all->e);
    ops.pci = pci;
    ops.rcs = rcs;
    ops.n = 0;
    for (size_t i = 0; !r && i < all->n; i++) {
        if (lost[i] != which)
            continue;
        pci[ops.n++] = all->pci[i];
        if (which)
            r = cover_reset(all->pci[i].bdf, all->e);
    }
    if (!r && ops.n)
        r = run_all(&ops);
    for (size_t i = 0, k = 0; i < all->n; i++) {
        if (lost[i] != which)
            continue;
        if (which)
            uncover_reset(all->pci[i].bdf);
        all->rcs[i] = rcs[k++];
    }
    return r;
}

int hv_detach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n,
              enum hv_removal how, int *rcs, struct err *e)
{
    const struct operations ops = { .hv = hv, .domid = domid, .pci = pci, .n = n, .rcs = rcs,
                                    .e = e, .what = how == HV_REMOVE ? OP_REMOVE : OP_DESTROY,
                                    .at_once = how == HV_TIDY ? 1 : IN_FLIGHT_MAX };
    AUTO_FREE bool *lost = calloc(n + 1, sizeof(*lost));
    int r = lost ? tie_children(e) : err_nomem(e);

    if (!r)
        r = find_lost(hv, pci, n, lost, e);
    if (!r)
        r = remove_some(&ops, lost, true);
    return r ? r : remove_some(&ops, lost, false);
}

int hv_attach_all(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n,
                  int *rcs, struct err *e)
{
    struct operations ops = { .hv = hv, .domid = domid, .pci = pci, .n = n, .rcs = rcs, .e = e,
                              .what = OP_ADD, .at_once = IN_FLIGHT_MAX };
    int r = begin_attach(pci, n, e);

    if (!r)
        r = run_all(&ops);
    show_irqs(pci, n);
    return r;
}
