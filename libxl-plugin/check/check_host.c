/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges the host: is it able and set up to pass devices through? Pure. */
#include "check/check_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "decide/decide.h"
#include "hide/cmdline.h"
#include "hide/hide.h"

#define HOST "host"

/* The vendor's name for it, as in firmware menus. */
static const char *iommu_name(const struct host_facts *h)
{
    switch (h->firmware->table) {
    case FIRMWARE_DMAR:
        return "VT-d";
    case FIRMWARE_IVRS:
        return "AMD-Vi";
    case FIRMWARE_NONE:
        break;
    }
    return h->cpu == CPU_AMD ? "AMD-Vi" : h->cpu == CPU_INTEL ? "VT-d" : "VT-d or AMD-Vi";
}

static void judge_cpu(const struct host_facts *h, struct findings *out)
{
    bool known = h->asked || (h->role == ROLE_BARE && h->cpu_known);
    bool virt = h->asked ? h->xen.hvm : h->cpu_virt;

    if (!known)
        return;
    if (virt) {
        finding_ok(out, "cpu", HOST, "HVM");
    } else {
        finding_add(out, FINDING_FAIL, "cpu", HOST,
                    "the CPU has no virtualisation (VT-x, AMD-V), or the firmware has switched it "
                    "off");
        finding_remedy(out, "switch it on in the firmware's setup");
    }
}

static void judge_firmware(const struct host_facts *h, struct findings *out)
{
    const struct firmware *fw = h->firmware;

    if (fw->table == FIRMWARE_NONE) {
        if (h->asked && h->hvm_passthrough)
            return; /* if Xen was asked, its answer counts */
        finding_add(out, FINDING_FAIL, "firmware", HOST,
                    "the firmware describes no IOMMU (no ACPI table DMAR or IVRS)");
        finding_remedy(out, "switch %s on in the firmware's setup", iommu_name(h));
        return;
    }
    if (fw->readable)
        finding_ok(out, "firmware", HOST, "%s in the firmware", iommu_name(h));
    for (size_t i = 0; i < fw->notes.n; i++) {
        finding_add(out, FINDING_WARN, "acpi-table", HOST, "%s", fw->notes.text[i]);
        finding_remedy(out, "look for an update of the firmware");
    }
    if (fw->readable && !fw->intremap) {
        finding_add(out, FINDING_WARN, "intremap", HOST, "the firmware says that interrupts "
                    "cannot be remapped: a guest with a device can forge interrupts");
        finding_remedy(out, "switch interrupt remapping (x2APIC) on in the firmware's setup");
    }
}

/* A word of Xen's iommu= that switches `what` off: "no-what", "what=0", "what=off", ... */
static bool switched_off(const char *line, const char *what)
{
    static const char *const off[] = { "no", "off", "false", "disable", "0" };
    struct cmdline_word word;
    size_t len = strlen(what);

    if (!cmdline_find(line, "iommu", &word) || !word.has_value)
        return false;
    for (size_t at = 0; at < word.value_len;) {
        const char *p = line + word.value + at;
        size_t n = strcspn(p, ", ");

        if (n > word.value_len - at)
            n = word.value_len - at;
        if (n == len + 3 && !strncmp(p, "no-", 3) && !strncmp(p + 3, what, len))
            return true;
        for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++) {
            if (n == strlen(off[i]) && !strncmp(p, off[i], n) && !strcmp(what, "enable"))
                return true;
            if (n == len + 1 + strlen(off[i]) && !strncmp(p, what, len) && p[len] == '=' &&
                !strncmp(p + len + 1, off[i], strlen(off[i])))
                return true;
        }
        at += n + 1;
    }
    return false;
}

static void judge_xen_iommu(const struct host_facts *h, struct findings *out)
{
    struct err e;

    if (h->hvm_passthrough) {
        finding_ok(out, "iommu", HOST, "on in Xen %s", h->xen.version);
        return;
    }
    refuse_host(&e);
    finding_refusal(out, "iommu", HOST, &e);
    if (switched_off(h->xen.command_line, "enable"))
        finding_remedy(out, "take iommu= off Xen's command line (GRUB_CMDLINE_XEN_DEFAULT)");
    else if (h->log_dmar_broken)
        finding_remedy(out, "look for an update of the firmware: `xl dmesg | grep -i dmar` shows "
                       "what Xen did not accept");
    else if (h->firmware->table == FIRMWARE_NONE)
        finding_remedy(out, "switch %s on in the firmware's setup", iommu_name(h));
}

static void judge_intremap(const struct host_facts *h, struct findings *out)
{
    if (!h->hvm_passthrough || (h->firmware->readable && !h->firmware->intremap))
        return; /* the firmware's finding says the latter */
    if (switched_off(h->xen.command_line, "intremap")) {
        finding_add(out, FINDING_WARN, "intremap", HOST, "iommu= on Xen's command line switches "
                    "interrupt remapping off: a guest with a device can forge interrupts");
        finding_remedy(out, "take it off GRUB_CMDLINE_XEN_DEFAULT, then update-grub and reboot");
    } else if (h->log_intremap == LOG_OFF) {
        finding_add(out, FINDING_WARN, "intremap", HOST, "Xen's log says that interrupt remapping "
                    "is disabled: a guest with a device can forge interrupts");
        finding_remedy(out, "switch interrupt remapping (x2APIC) on in the firmware's setup");
    } else if (h->log_intremap == LOG_ON) {
        finding_ok(out, "intremap", HOST, "interrupt remapping");
    }
}

/* XSA-302; the option came with its cure. */
static void judge_quarantine(const struct host_facts *h, struct findings *out)
{
    if (!h->hvm_passthrough || !switched_off(h->xen.command_line, "quarantine"))
        return;
    finding_add(out, FINDING_WARN, "quarantine", HOST, "iommu= on Xen's command line switches "
                "quarantine off: a device that a guest has released may write into dom0's memory");
    finding_remedy(out, "take it off GRUB_CMDLINE_XEN_DEFAULT, then update-grub and reboot");
}

static void judge_pciback(const struct host_facts *h, struct findings *out)
{
    if (h->pciback_known && h->pciback == PCIBACK_LOADED) {
        finding_ok(out, "pciback", HOST, "xen-pciback %s",
                   h->built_pciback == 'y' ? "built in" : "loaded");
    } else if (h->built_pciback == 'y' && h->role == ROLE_DOM0 && h->pciback_known) {
        finding_add(out, FINDING_FAIL, "pciback", HOST, "xen-pciback is built in and has not "
                    "started");
        finding_remedy(out, "dmesg | grep -i pciback shows why");
    } else if (h->built_pciback == 'y') {
        finding_ok(out, "pciback", HOST, "xen-pciback built in");
    } else if ((h->pciback_known && h->pciback == PCIBACK_LOADABLE) || h->built_pciback == 'm') {
        finding_ok(out, "pciback", HOST, "xen-pciback a module away");
    } else if (h->pciback_known || h->built_pciback == 'n') {
        finding_add(out, FINDING_FAIL, "pciback", HOST,
                    "this kernel (%s) has no xen-pciback (CONFIG_XEN_PCIDEV_BACKEND)",
                    *h->release ? h->release : "unknown");
        finding_remedy(out, "apt install linux-image-amd64");
    }
}

/* The parameter as the driver reads it; the driver does not read it again. */
static void judge_hide(const struct host_facts *h, struct findings *out)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    char value[KERNEL_LINE_MAX];
    struct cmdline_word word;
    struct hide_fault fault;
    size_t n = 0;

    if (cmdline_find(h->line, "pciback.hide", &word)) {
        finding_add(out, FINDING_WARN, "hide", HOST, "this kernel ignores pciback.hide= on dom0's "
                    "command line, the old name of Linux 2.6.18");
        finding_remedy(out, "write xen-pciback.hide= instead");
    }
    if (!cmdline_find(h->line, "xen-pciback.hide", &word) || !word.has_value)
        return;
    snprintf(value, sizeof(value), "%.*s", (int)word.value_len, h->line + word.value);
    if (!hide_check(value, &entries, &n, &fault)) {
        if (h->pciback_known && h->pciback == PCIBACK_LOADABLE) {
            finding_add(out, FINDING_WARN, "hide", HOST, "hide= on dom0's command line hides "
                        "nothing: xen-pciback is not loaded");
            finding_remedy(out, "modprobe xen-pciback; for the next boot it has to be in the "
                           "initramfs");
            return;
        }
        finding_ok(out, "hide", HOST, "hide= names %zu", n);
        return;
    }
    finding_add(out, FINDING_FAIL, "hide", HOST, "xen-pciback.hide= is wrong (%s), so the driver "
                "gives up and hides nothing", fault.why);
    finding_remedy(out, "pciback-hide --lint-file /proc/cmdline shows where");
}

/* Xen gives a PV dom0 at most 1024 bytes, and cuts silently. */
#define PV_LINE_MAX 1023

static void judge_line(const struct host_facts *h, struct findings *out)
{
    static const char *const useless[] = { "intel_iommu", "amd_iommu", "iommu" };
    struct cmdline_word word;

    if (h->role != ROLE_DOM0 || !*h->line)
        return;
    for (size_t i = 0; i < sizeof(useless) / sizeof(*useless); i++) {
        if (!cmdline_find(h->line, useless[i], &word))
            continue;
        finding_add(out, FINDING_WARN, "line", HOST, "%.*s on dom0's command line does nothing: "
                    "Xen uses the IOMMU", (int)(word.end - word.start), h->line + word.start);
        finding_remedy(out, "take it off GRUB_CMDLINE_LINUX; Xen's own option is iommu= in "
                       "GRUB_CMDLINE_XEN");
    }
    if (strlen(h->line) >= PV_LINE_MAX) {
        finding_add(out, FINDING_FAIL, "line", HOST, "dom0's command line has %zu characters: Xen "
                    "cuts it there silently, perhaps within hide=", strlen(h->line));
        finding_remedy(out, "shorten it; `options xen-pciback hide=...` in /etc/modprobe.d takes "
                       "1024 more");
    }
}

/* What the machine lacks to be a Xen host at all. */
static void judge_bare(const struct host_facts *h, struct findings *out)
{
    finding_add(out, FINDING_FAIL, "xen", HOST, "%s", h->role == ROLE_DOMU
                ? "this is a guest: devices are passed through by its dom0"
                : "this machine runs without Xen");
    if (h->role == ROLE_DOMU)
        finding_remedy(out, "run it in dom0");
    else if (h->xen_there)
        finding_remedy(out, "reboot, and choose Xen in the boot menu");
    else
        finding_remedy(out, "apt install xen-system-amd64, then reboot into it");
}

void judge_host(const struct host_facts *h, struct findings *out)
{
    if (h->role != ROLE_DOM0) {
        if (h->role == ROLE_BARE) {
            judge_cpu(h, out);
            judge_firmware(h, out);
        }
        judge_bare(h, out);
        if (h->role == ROLE_BARE)
            judge_pciback(h, out);
        if (h->role == ROLE_BARE && h->built_iommu == 'n') {
            finding_add(out, FINDING_WARN, "kernel", HOST, "this kernel has no driver for %s: "
                        "Xen needs none, vfio-pci would", iommu_name(h));
            finding_remedy(out, "boot Xen");
        }
        return;
    }
    if (!h->asked && !h->captured) {
        finding_refusal(out, "xen", HOST, &h->refusal);
        return;
    }
    judge_cpu(h, out);
    judge_firmware(h, out);
    if (h->asked) {
        judge_xen_iommu(h, out);
        judge_intremap(h, out);
        judge_quarantine(h, out);
    }
    judge_pciback(h, out);
    judge_hide(h, out);
    judge_line(h, out);
}

static void judge_overrides(const struct host_facts *h, const struct bdf *only, size_t n_only,
                            struct findings *out)
{
    for (size_t i = 0; i < h->n_overrides; i++) {
        const struct override_left *left = &h->overrides[i];
        struct bdf_text bdf = bdf_text(left->bdf);

        if (only && !bdf_in(only, n_only, left->bdf))
            continue;
        finding_add(out, FINDING_WARN, "override", bdf.s, "driver_override is left at '%s': no "
                    "other driver can take it%s%s", left->state.override,
                    *left->state.driver ? " after " : "", left->state.driver);
        finding_remedy(out, "echo > /sys/bus/pci/devices/%s/driver_override", bdf.s);
    }
}

static const char *const left_where[] = {
    [LEFTOVER_ENTRY] = "xenstore lists it in",
    [LEFTOVER_SLOT] = "it is still in the device model of",
    [LEFTOVER_RECORD] = "libxl's record says that it is with",
};

/* A device that left the host while its guest ran. */
static void judge_lost(const struct leftover *left, struct findings *out)
{
    char text[LOST_TEXT_MAX], guest[HV_NAME_MAX + 2];

    snprintf(guest, sizeof(guest), "'%s'", left->domain);
    lost_text(&left->lost, guest, text);
    finding_add(out, FINDING_WARN, "gone", BDF_STR(left->bdf), "%s", text);
}

static void judge_clutter(const struct host_facts *h, const struct bdf *only, size_t n_only,
                          struct findings *out)
{
    for (size_t i = 0; i < h->n_leftovers; i++) {
        const struct leftover *left = &h->leftovers[i];

        if (only && !bdf_in(only, n_only, left->bdf))
            continue;
        if (left->kind == LEFTOVER_LOST)
            judge_lost(left, out);
        else
            finding_add(out, FINDING_WARN, "leftover", BDF_STR(left->bdf), "%s %s%s",
                        left_where[left->kind], left->domain,
                        *left->uuid ? ", which does not have it" : "");
        finding_remedy(out, "xvtd recover");
    }
}

void judge_leftovers(const struct host_facts *h, const struct bdf *only, size_t n_only,
                     struct findings *out)
{
    judge_overrides(h, only, n_only, out);
    judge_clutter(h, only, n_only, out);
    for (size_t i = 0; i < h->n_missed; i++) {
        struct bdf_text bdf = bdf_text(h->missed[i]);

        if (only && !bdf_in(only, n_only, h->missed[i]))
            continue;
        finding_add(out, FINDING_WARN, "hide", bdf.s, "hide= names it, but another driver of dom0 "
                    "took it first");
        finding_remedy(out, "xvtd assignable add %s", bdf.s);
    }
    if (h->journals) {
        finding_add(out, FINDING_WARN, "journal", HOST, "%zu command%s been interrupted and not "
                    "finished",
                    h->journals, h->journals == 1 ? " has" : "s have");
        finding_remedy(out, "xvtd recover");
    }
}
