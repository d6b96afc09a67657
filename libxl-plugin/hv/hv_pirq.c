/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pirqs of a guest with PV drivers.  Uses only hypercalls of Xen's stable interface, through
 * stable libraries (libxencall, libxendevicemodel), so it works on every release of Xen.
 * libxenctrl is not enough: its xc_physdev_map_pirq() cannot ask for "any free pirq".
 */
#include "hv/hv_libxl.h" /* first: Xen's headers depend on what xenctrl.h defines */

#include <errno.h>
#include <string.h>
#include <xen/event_channel.h>
#include <xen/hvm/params.h>
#include <xen/physdev.h>
#include <xencall.h>
#include <xendevicemodel.h>

#include "base/cleanup.h"

#define PORTS_MAX 4096u     /* far more than an HVM guest without many devices has */

/* An MSI to this address without a vector is an event on a pirq (hvm_inject_msi()). */
#define MSI_ADDRESS(pirq) (0xfee00000u | (uint64_t)(pirq) << 12)

void hv_libxl_pirq_close(struct hv *hv)
{
    if (hv->call)
        xencall_close(hv->call);
    if (hv->dm)
        xendevicemodel_close(hv->dm);
}

/* Makes one hypercall with a struct for input and output: 0, or a negative errno. */
static int call(struct hv *hv, unsigned op, int cmd, void *arg, size_t size)
{
    void *buffer;
    int r = 0;

    if (!hv->call)
        hv->call = xencall_open(NULL, 0);
    if (!hv->call)
        return -errno;
    buffer = xencall_alloc_buffer(hv->call, size);
    if (!buffer)
        return -ENOMEM;
    memcpy(buffer, arg, size);
    if (xencall2(hv->call, op, (uint64_t)cmd, (uintptr_t)buffer))
        r = -errno;
    memcpy(arg, buffer, size);
    xencall_free_buffer(hv->call, buffer);
    return r;
}

/*
 * Xen sends no events to a guest that has not set this (xen/include/public/hvm/params.h).  Those that
 * have a vector for each vCPU set it as well, for toolstacks (Linux, xen_setup_upcall_vector()).
 */
static bool takes_events(struct hv *hv, uint32_t domid)
{
    uint64_t callback;

    return xc_hvm_param_get(hv->xch, domid, HVM_PARAM_CALLBACK_IRQ, &callback) || callback;
}

int hv_pirqs(struct hv *hv, uint32_t domid, struct hv_pirqs *ret, struct err *e)
{
    *ret = (struct hv_pirqs){ .n = 0 };
    if (!takes_events(hv, domid))
        return 0; /* its ports, one hypercall each, are bound to nothing */
    for (evtchn_port_t port = 1; port < PORTS_MAX; port++) {
        struct evtchn_status status = { .dom = (domid_t)domid, .port = port };
        int r = call(hv, __HYPERVISOR_event_channel_op, EVTCHNOP_status, &status, sizeof(status));

        if (r == -EACCES)
            continue;   /* a channel of Xen's own */
        if (r == -EINVAL)
            break;      /* there is no further channel */
        if (r)
            return err_sys(e, XV_CANNOT, -r, "read the event channels of domain %u", domid);
        if (status.status != EVTCHNSTAT_pirq || status.u.pirq >= HV_PIRQS)
            continue;
        ret->n += !ret->bound[status.u.pirq];
        ret->bound[status.u.pirq] = true;
    }
    return 0;
}

/* The pirq to which Xen maps the IRQ in the guest; maps it to a free pirq if there is none. */
static int map(struct hv *hv, uint32_t domid, unsigned irq, unsigned *pirq, struct err *e)
{
    struct physdev_map_pirq arg = { .domid = (domid_t)domid, .type = MAP_PIRQ_TYPE_GSI,
                                    .index = (int)irq, .pirq = -1 };
    int r = call(hv, __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, &arg, sizeof(arg));

    if (r)
        return err_sys(e, XV_CANNOT, -r, "map IRQ %u for domain %u", irq, domid);
    *pirq = (unsigned)arg.pirq;
    return 0;
}

static int unmap(struct hv *hv, uint32_t domid, unsigned pirq, struct err *e)
{
    struct physdev_unmap_pirq arg = { .domid = (domid_t)domid, .pirq = (int)pirq };
    int r = call(hv, __HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq, &arg, sizeof(arg));

    return r ? err_sys(e, XV_FAILED, -r, "unmap pirq %u of domain %u", pirq, domid) : 0;
}

static bool is_bound(const struct hv_pirqs *used, unsigned pirq)
{
    return pirq < HV_PIRQS && used->bound[pirq];
}

int hv_irq_hold(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                struct err *e)
{
    unsigned pirq;
    int r = map(hv, domid, irq, &pirq, e);

    if (r)
        return r;
    if (pirq != irq && !is_bound(used, pirq))
        return 0;
    return err_set(e, XV_CANNOT, EEXIST, "domain %u has IRQ %u as pirq %u already", domid, irq,
                   pirq);
}

int hv_irq_release(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                   struct err *e)
{
    unsigned pirq;
    int r = map(hv, domid, irq, &pirq, e);

    return r || pirq == irq || is_bound(used, pirq) ? r : unmap(hv, domid, pirq, e);
}

int hv_irq_clear(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                 struct err *e)
{
    unsigned pirq;
    int r = map(hv, domid, irq, &pirq, e);

    return r || is_bound(used, pirq) ? r : unmap(hv, domid, pirq, e);
}

int hv_irq_nudge(struct hv *hv, uint32_t domid, const struct hv_pirqs *used, size_t *lost,
                 struct err *e)
{
    *lost = 0;
    if (!hv->dm)
        hv->dm = xendevicemodel_open(NULL, 0);
    if (!hv->dm)
        return err_sys(e, XV_CANNOT, errno, "open the hypervisor's device model interface");
    for (unsigned pirq = 0; pirq < HV_PIRQS; pirq++) {
        if (!used->bound[pirq])
            continue;
        if (!xendevicemodel_inject_msi(hv->dm, (domid_t)domid, MSI_ADDRESS(pirq), 0))
            ++*lost;
        else if (errno != EINVAL) /* Xen serves this pirq */
            return err_sys(e, XV_CANNOT, errno, "send domain %u an interrupt", domid);
    }
    return 0;
}
