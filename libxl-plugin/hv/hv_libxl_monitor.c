/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's monitors, over connections of our own: libxl_qemu_monitor_command() never returns if
 * QEMU does not stop sending.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "hv/hmp.h"
#include "hv/hv_libxl.h"
#include "hv/qmp.h"

/* libxl_dm.c: QEMU's monitor for observers.  The connection is kept. */
#define WATCH_SOCKET "/run/xen/qmp-libxenstat"

/*
 * libxl_qmp.c: the toolstack's own monitor.  QEMU serves one client of it at a time, so libxl
 * waits for us: connect for one question only.
 */
#define TOOLSTACK_SOCKET "/run/xen/qmp-libxl"

#define OPEN_MS 1000        /* another program may use the kept one */
#define NEIGHBOUR_MS 2000   /* for the QEMU of a guest that is not the command's */

struct hv_qemu {
    uint32_t domid;
    struct qmp *qmp;        /* NULL: connect for each question */
    bool silent;            /* it has timed out: from then on it has OPEN_MS */
};

void hv_libxl_qemu_close(struct hv *hv)
{
    for (size_t i = 0; i < hv->n_qemus; i++)
        qmp_close(hv->qemus[i].qmp);
    free(hv->qemus);
}

static int open_socket(struct qmp **ret, const char *socket, uint32_t domid, int ms)
{
    char path[64];

    snprintf(path, sizeof(path), "%s-%u", socket, domid);
    return qmp_open(ret, path, ms);
}

/* The entry of a domain's QEMU, connected at the first call; NULL when memory is short. */
static struct hv_qemu *qemu_of(struct hv *hv, uint32_t domid)
{
    struct hv_qemu *qemu;

    for (size_t i = 0; i < hv->n_qemus; i++)
        if (hv->qemus[i].domid == domid)
            return &hv->qemus[i];
    if (ARRAY_GROW(hv->qemus, hv->n_qemus))
        return NULL;
    qemu = &hv->qemus[hv->n_qemus++];
    *qemu = (struct hv_qemu){ .domid = domid };
    if (open_socket(&qemu->qmp, WATCH_SOCKET, domid, OPEN_MS))
        qemu->qmp = NULL;
    return qemu;
}

static int ask_once(uint32_t domid, const char *command, char **ret, int ms)
{
    long long deadline = stop_now_ms() + ms;
    struct qmp *qmp = NULL;
    int r = open_socket(&qmp, TOOLSTACK_SOCKET, domid, ms);

    if (!r)
        r = qmp_monitor(qmp, command, ret, (int)(deadline - stop_now_ms()));
    qmp_close(qmp);
    return r;
}

int hv_libxl_monitor(struct hv *hv, uint32_t domid, const char *command, char **ret, int ms)
{
    struct hv_qemu *qemu = qemu_of(hv, domid);
    int r;

    if (!qemu)
        return -ENOMEM;
    if (qemu->qmp) {
        r = qmp_monitor(qemu->qmp, command, ret, ms);
        if (r)
            qemu->qmp = qmp_close(qemu->qmp);
    } else {
        r = ask_once(domid, command, ret, qemu->silent ? OPEN_MS : ms);
    }
    qemu->silent |= r == -ETIMEDOUT;
    return r;
}

bool hv_libxl_denies(struct hv *hv, uint32_t domid, struct bdf bdf)
{
    AUTO_FREE struct hv_slot *slots = NULL;
    AUTO_FREE char *text = NULL;
    struct err ignored = { 0 };
    size_t n = 0;

    if (hv_libxl_monitor(hv, domid, "info pci", &text, NEIGHBOUR_MS) ||
        hmp_parse_pci(text, &slots, &n, &ignored))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct bdf host = slots[i].host;

        host.segment = bdf.segment; /* QEMU's answer has no segment */
        if (slots[i].passthrough && bdf_equal(host, bdf))
            return false;
    }
    return true;
}

bool hv_unplug_tells(struct hv *hv, uint32_t domid)
{
    struct hv_qemu *qemu = qemu_of(hv, domid);

    return qemu && qemu->qmp;
}

void hv_unplug_wait(struct hv *hv, uint32_t domid, size_t n, int ms)
{
    if (hv_unplug_tells(hv, domid))
        qmp_wait_deleted(qemu_of(hv, domid)->qmp, (unsigned)n, ms);
    else
        stop_sleep_ms(ms);
}
