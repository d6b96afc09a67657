/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's QEMU, by connections of our own: libxl_qemu_monitor_command() would do, but nothing
 * ends it when QEMU never stops talking.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/text.h"
#include "hv/hmp.h"
#include "hv/hv_libxl.h"
#include "hv/qmp.h"

/* libxl_dm.c: QEMU's monitor for those who only look.  The connection to it is kept. */
#define WATCH_SOCKET "/run/xen/qmp-libxenstat"

/*
 * libxl_qmp.c: the toolstack's own.  QEMU serves one client of it at a time, so that libxl waits
 * for us: only for one question at a time.
 */
#define TOOLSTACK_SOCKET "/run/xen/qmp-libxl"

#define OPEN_MS 1000        /* somebody else may have the one that is kept */
#define ANSWER_MS 10000     /* as long as libxl waits (libxl_internal.h, QMP timeouts) */
#define NEIGHBOUR_MS 2000   /* for the QEMU of a guest that a command is not about */

struct hv_qemu {
    uint32_t domid;
    struct qmp *qmp;        /* NULL: a connection for each question */
    bool silent;            /* it did not answer in time: from then on it has OPEN_MS */
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

/* The entry of a domain's QEMU, connected at the first call; NULL when out of memory. */
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

/* A command to QEMU's human monitor: 0 and its answer, to be freed, or a negative errno. */
static int monitor_within(struct hv *hv, uint32_t domid, const char *command, char **ret, int ms)
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

static int monitor(struct hv *hv, uint32_t domid, const char *command, char **ret)
{
    return monitor_within(hv, domid, command, ret, ANSWER_MS);
}

static int monitor_failed(struct err *e, int r, const char *intent, const char *object)
{
    const char *cause = r == -ETIMEDOUT ? "the device model does not answer"
        : r == -EPROTO ? "the device model's answer makes no sense"
        : r == -ENOENT || r == -ECONNREFUSED ? "there is no device model" : NULL;

    if (cause)
        return err_set(e, XV_CANNOT, -r, "%s '%s': %s", intent, object, cause);
    return err_sys(e, XV_CANNOT, -r, "%s '%s'", intent, object);
}

/* "pci0000:00": a root bus.  Above ffff are segments that Linux makes up, and libxl cannot name. */
static void read_segments(struct hv *hv)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(hv->root, "sys/devices");
    const struct dirent *entry;
    bool first = true;

    hv->segments_read = true;
    while (dir && (entry = root_readdir(dir))) {
        unsigned segment, bus;

        if (sscanf(entry->d_name, "pci%x:%x", &segment, &bus) != 2 || segment > 0xffff)
            continue;
        hv->several_segments |= !first && segment != hv->segment;
        hv->segment = segment;
        first = false;
    }
}

/*
 * Which segment each host function is of: the host has one, or QEMU has its file open, or xenstore
 * has an entry.
 */
static int find_segments(struct hv *hv, uint32_t domid, struct hv_slot *slots, size_t n,
                         struct err *e)
{
    AUTO_FREE struct guest_pci *entries = NULL;
    AUTO_FREE struct bdf *open = NULL, *known = NULL;
    size_t n_open = 0, n_entries = 0;
    int r;

    if (!hv->segments_read)
        read_segments(hv);
    for (size_t i = 0; i < n; i++) {
        slots[i].host.segment = hv->several_segments ? 0 : hv->segment;
        slots[i].segment_unknown = slots[i].passthrough && hv->several_segments;
    }
    if (!hv->several_segments)
        return 0;
    r = hv_libxl_open_functions(hv, domid, &open, &n_open, e);
    if (!r)
        r = hv_assigned_to(hv, domid, &entries, &n_entries, e);
    if (r)
        return r;
    hmp_settle_segments(slots, n, open, n_open);
    known = calloc(n_entries + 1, sizeof(*known));
    if (!known)
        return err_nomem(e);
    for (size_t i = 0; i < n_entries; i++)
        known[i] = entries[i].bdf;
    hmp_settle_segments(slots, n, known, n_entries);
    return 0;
}

int hv_bus(struct hv *hv, const struct hv_domain *dom, struct hv_slot **ret, size_t *n,
           struct err *e)
{
    AUTO_FREE struct hv_slot *slots = NULL;
    AUTO_FREE char *text = NULL;
    int rc;

    if (dom->type != HV_HVM || dom->stub_domid)
        return -EOPNOTSUPP;
    rc = monitor(hv, dom->domid, "info pci", &text);
    if (rc) {
        monitor_failed(e, rc, "read the PCI bus of", dom->name);
        err_hint(e, "does the guest's device model still run? see /var/log/xen/qemu-dm-%s.log",
                 SHELL_STR(dom->name));
        return rc;
    }
    rc = hmp_parse_pci(text, &slots, n, e);
    if (!rc)
        rc = find_segments(hv, dom->domid, slots, *n, e);
    if (rc) {
        err_prefix(e, "%s", dom->name);
        return rc;
    }
    *ret = TAKE_PTR(slots);
    return 0;
}

bool hv_libxl_denies(struct hv *hv, uint32_t domid, struct bdf bdf)
{
    AUTO_FREE struct hv_slot *slots = NULL;
    AUTO_FREE char *text = NULL;
    struct err ignored = { 0 };
    size_t n = 0;

    if (monitor_within(hv, domid, "info pci", &text, NEIGHBOUR_MS) ||
        hmp_parse_pci(text, &slots, &n, &ignored))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct bdf host = slots[i].host;

        host.segment = bdf.segment; /* QEMU's answer has none */
        if (slots[i].passthrough && bdf_equal(host, bdf))
            return false;
    }
    return true;
}

int hv_unplug(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e)
{
    AUTO_FREE char *text = NULL;
    char command[64] = "device_del ";
    int rc;

    hmp_device_id(bdf, command + strlen(command), sizeof(command) - strlen(command));
    rc = monitor(hv, domid, command, &text);
    if (rc)
        rc = monitor_failed(e, rc, "ask QEMU to unplug", BDF_STR(bdf));
    else if (*text) /* the monitor's only way to refuse */
        rc = err_set(e, XV_FAILED, EIO, "ask QEMU to unplug %s: %.*s", BDF_STR(bdf),
                     (int)strcspn(text, "\r\n"), text);
    if (rc)
        err_about(e, BDF_STR(bdf));
    return rc;
}

int hv_acpi_pending(struct hv *hv, const struct hv_domain *dom, struct err *e)
{
    AUTO_FREE char *text = NULL;
    int rc;

    if (dom->type != HV_HVM || dom->stub_domid)
        return -EOPNOTSUPP;
    rc = monitor(hv, dom->domid, HMP_READ_GPE, &text);
    if (rc)
        return monitor_failed(e, rc, "read the ACPI events of", dom->name);
    return hmp_parse_gpe(text, e);
}

bool hv_unplug_tells(struct hv *hv, uint32_t domid)
{
    struct hv_qemu *qemu = qemu_of(hv, domid);

    return qemu && qemu->qmp;
}

void hv_unplug_wait(struct hv *hv, uint32_t domid, int ms)
{
    if (hv_unplug_tells(hv, domid))
        qmp_wait_deleted(qemu_of(hv, domid)->qmp, ms);
    else
        stop_sleep_ms(ms);
}
