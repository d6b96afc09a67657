/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the QEMU of the command's own guest. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "hv/hmp.h"
#include "hv/hv_libxl.h"

#define ANSWER_MS 10000     /* as long as libxl waits (libxl_internal.h, QMP timeouts) */

static int monitor(struct hv *hv, uint32_t domid, const char *command, char **ret)
{
    return hv_libxl_monitor(hv, domid, command, ret, ANSWER_MS);
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

/* "pci0000:00": a root bus.  Linux invents segments above ffff, and libxl cannot name them. */
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
 * Finds the segment of each host function: the host has only one, QEMU has its file open, or
 * xenstore has an entry.
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

int hv_unplug(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e)
{
    AUTO_FREE char *text = NULL;
    char command[64] = "device_del ";
    int rc;

    hmp_device_id(bdf, command + strlen(command), sizeof(command) - strlen(command));
    rc = monitor(hv, domid, command, &text);
    if (rc)
        rc = monitor_failed(e, rc, "ask QEMU to unplug", BDF_STR(bdf));
    else if (*text) /* the monitor's only form of an error */
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
