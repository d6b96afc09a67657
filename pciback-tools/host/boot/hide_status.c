/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the cause of a difference between configured, booted and actual, and its remedy. */
#include "boot/hide_status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "driver/driver.h"

__attribute__((format(printf, 3, 4)))
static void say(struct hide_row *row, const char *cause, const char *fmt, ...)
{
    va_list ap;

    row->cause = cause;
    va_start(ap, fmt);
    vsnprintf(row->message, sizeof(row->message), fmt, ap);
    va_end(ap);
}

void hide_reading_fault(const struct hide_reading *r, const char *where, char *buf, size_t size)
{
    buf[0] = '\0';
    if (r->broken)
        snprintf(buf, size, "%s: offset %zu: %s", where, r->fault.at, r->fault.why);
}

void hide_reading_short(const struct hide_reading *r, char *buf, size_t size)
{
    size_t used = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < r->n && used + 1 < size; i++) {
        const char *p = r->text + r->entries[i].offset, *colon = memchr(p, ':', r->entries[i].len);

        if (colon && !memchr(colon + 1, ':', r->entries[i].len - (size_t)(colon + 1 - p)))
            used += (size_t)snprintf(buf + used, size - used, "%s%.*s", used ? " " : "",
                                     (int)r->entries[i].len, p);
    }
}

static const char *fault_cause(const struct hide_reading *r)
{
    return r->fault.offset >= HIDE_VALUE_MAX ? "too-long" : "typo";
}

/* A fault in the value affects every entry in it. */
static bool judge_fault(const struct hide_reading *r, const char *where, const char *remedy,
                        struct hide_row *row)
{
    char fault[300];

    hide_reading_fault(r, where, fault, sizeof(fault));
    if (*fault)
        say(row, fault_cause(r), "%s: the driver hides nothing; %s", fault, remedy);
    return *fault;
}

/* The address does not belong to the configured device. */
static bool judge_device(struct hide_row *row)
{
    if (row->recorded && !row->same && row->moved)
        say(row, "renumbered", "the configured device is at %s now%s; run `pciback-hide --install` "
            "with its new address", BDF_STR(row->now_at),
            row->present ? ", and another device is here" : "");
    else if (row->recorded && !row->same && row->present)
        say(row, "renumbered", "another device has this address now, and the configured device is "
            "gone; run `pciback-hide --install` or --uninstall");
    else if (!row->present && row->vf)
        say(row, "vf", "a virtual function that %s has not made yet; let its driver make it: "
            "sriov_numvfs", BDF_STR(row->pf));
    else if (!row->present)
        say(row, "absent", "this host has no such device; plug it in, or remove it from the "
            "configuration");
    else
        return false;
    return true;
}

/* The file names the function, and this boot's kernel did not get it. */
static void judge_not_booted(const struct hide_machine *m, struct hide_row *row)
{
    const struct hide_source *s = row->source;

    if (judge_fault(&s->value, s->path, "correct it, then reboot", row))
        return;
    if (s->way == WAY_SUSE) {
        say(row, "not-booted", "the service pciback, which reads %s, did not take it", s->path);
    } else if (s->way == WAY_QUBES) {
        say(row, "not-booted", "%s names it, but the command line of this boot does not; run "
            "grub2-mkconfig, then reboot", s->path);
    } else if (s->way == WAY_LINE && m->line_full) {
        say(row, "too-long", "Xen cut the dom0 command line at its limit (%d characters); use "
            "--method=modprobe or --method=udev", HIDE_LINE_MAX);
    } else if (s->way == WAY_LINE && judge_fault(&m->line, "/proc/cmdline",
                                                  "correct it, then reboot", row)) {
        return;
    } else if (s->way == WAY_LINE) {
        say(row, "not-booted", "the value of %s is not on the command line of this boot; run "
            "update-grub, then reboot", s->path);
    } else if (s->way == WAY_UDEV) {
        say(row, "not-booted", "the rule has not run for it; run update-initramfs -u -k all, then "
            "reboot");
    } else if (!m->registered && !m->parameter.given) {
        say(row, "not-booted", "xen-pciback is not loaded; run update-initramfs -u -k all, then "
            "reboot");
    } else {
        say(row, "not-booted", "xen-pciback was loaded without it; run update-initramfs -u -k all, "
            "then reboot");
    }
}

/* The kernel got the value, but another driver or none has the function. */
static void judge_not_taken(const struct hide_machine *m, struct hide_row *row)
{
    if (!m->registered) {
        say(row, "no-driver", "xen-pciback is not loaded; run `pciback-hide --install`, so that "
            "the initramfs loads it");
    } else if (!*row->driver) {
        say(row, "no-driver", "no driver has it; run `echo %s >/sys/bus/pci/drivers_probe`, and "
            "see dmesg", BDF_STR(row->bdf));
    } else if (row->builtin) {
        say(row, "native-driver", "driver %s is built in and came first; take the device now: "
            "`xvtd assignable add %s`", row->driver, BDF_STR(row->bdf));
    } else {
        say(row, "module-late", "driver %s had it before xen-pciback was loaded; `pciback-hide "
            "--install --method=modprobe` loads xen-pciback first", row->driver);
    }
}

void hide_status_judge(const struct hide_machine *m, struct hide_row *row)
{
    bool taken = !strcmp(row->driver, PCIBACK);

    row->cause = NULL;
    row->message[0] = '\0';
    if (judge_device(row))
        return;
    if (!row->booted && row->source && !taken)
        judge_not_booted(m, row);
    else if (!row->booted && row->source && row->source->way != WAY_SUSE)
        say(row, "not-booted", "in pciback because a command made it assignable; this boot did not "
            "hide it");
    else if (row->booted && !taken)
        judge_not_taken(m, row);
    else if (!row->source)
        say(row, "not-configured", "this boot hides it, but no file names it, so the next boot "
            "will not; run `pciback-hide --install`");
}
