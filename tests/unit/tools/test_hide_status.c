/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide --status: each way in which configuration, boot and host can differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hide_machine.h"

#define GRUB "etc/default/grub.d/zz-xvtd-hide.cfg"
#define MODPROBE "etc/modprobe.d/xvtd-hide.conf"
#define UDEV "etc/udev/rules.d/10-xvtd-hide.rules"
#define PARAMETER "sys/module/xen_pciback/parameters/hide"
#define VALUE "(0000:02:00.0)(0000:04:00.0)"

static int setup(void **state)
{
    hide_setup(state);
    tree_mkdir("etc/default/grub.d");
    tree_mkdir("etc/modprobe.d");
    tree_mkdir("etc/udev/rules.d");
    return 0;
}

static void install(const char *method)
{
    char word[32];

    snprintf(word, sizeof(word), "--method=%s", method);
    hide_expect(0, "written", NULL, "--install", "2:0.0", "4:0.0", word);
}

/* The state after a boot that worked. */
static void boot(const char *value)
{
    char text[1200];

    snprintf(text, sizeof(text), "root=/dev/vda xen-pciback.hide=%s quiet\n", value);
    tree_write(text, "proc/cmdline");
    snprintf(text, sizeof(text), "%s\n", value);
    tree_write(text, PARAMETER);
    kernel_bind("0000:02:00.0", "pciback");
    kernel_bind("0000:04:00.0", "pciback");
}

/* One row: its cause, and a part of its message. */
static void expect_cause(const char *bdf, const char *cause, const char *message)
{
    char want[128], *start, *end;
    struct run run = hide_run("--status", "--json");
    int code;

    assert_int_equal(run.code, 1);
    assert_true(json_valid(run.out, &code));
    assert_true(json_has(run.out, "\"agree\":false"));
    snprintf(want, sizeof(want), "\"bdf\": \"%s\"", bdf);
    start = strstr(run.out, want);
    if (!start)
        fail_msg("no %s in %s", bdf, run.out);
    end = strchr(start, '}');
    *end = '\0';
    snprintf(want, sizeof(want), "\"cause\": \"%s\"", cause);
    if (!strstr(start, want) || !strstr(start, message))
        fail_msg("expected %s, %s; got %s", cause, message, start);
}

static void test_nothing(void **state)
{
    (void)state;
    hide_expect(0, "nothing is configured, and this boot hides nothing\n", "", "--status");
    /* A device made assignable at run time does not count. */
    kernel_bind("0000:02:00.0", "pciback");
    hide_expect(0, "nothing is configured", "", "--status");
    /* Nor does a line that is commented out. */
    tree_write("# GRUB_CMDLINE_LINUX=\"xen-pciback.hide=(02:00.0)\"\nA=b\n", "etc/default/grub");
    hide_expect(0, "nothing is configured", "", "--status");
}

static void test_agree(void **state)
{
    int code;
    struct run run;

    (void)state;
    install("grub");
    boot(VALUE);
    hide_expect(0, "0000:02:00.0 /" GRUB " yes    pciback\n0000:04:00.0 /" GRUB
                " yes    pciback\n", "", "--status");
    run = hide_run("--status", "--json");
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_true(json_has(run.out, "\"agree\":true,\"devices\":[{\"bdf\":\"0000:02:00.0\","
                                  "\"configured\":true,\"source\":\"/" GRUB "\",\"booted\":true,"
                                  "\"actual\":\"pciback\",\"cause\":null"));
    hide_expect(0, NULL, "", "--uninstall");
    install("modprobe");
    tree_write("root=/dev/vda\n", "proc/cmdline");
    hide_expect(0, "/" MODPROBE " yes    pciback\n", "", "--status");
    hide_expect(0, NULL, "", "--uninstall");
    install("udev");
    tree_write("(null)\n", PARAMETER);
    kernel_override("0000:02:00.0", "pciback");
    kernel_override("0000:04:00.0", "pciback");
    hide_expect(0, "/" UDEV " yes    pciback\n", "", "--status");
}

/* A person's own lines count as well. */
static void test_others(void **state)
{
    (void)state;
    tree_write("GRUB_CMDLINE_LINUX=\"xen-pciback.hide=" VALUE "\"\n", "etc/default/grub");
    boot(VALUE);
    hide_expect(0, "/etc/default/grub yes ", "", "--status");
    tree_write("options xen-pciback hide=(04:00.0)\n", "etc/modprobe.d/mine.conf");
    hide_expect(0, "0000:04:00.0 /etc/modprobe.d/mine.conf yes ", "", "--status");
    /* by name, whatever the folder's order is: the last counts */
    tree_write("options xen-pciback hide=(04:00.0)\n", "etc/modprobe.d/a.conf");
    tree_write("options xen-pciback hide=(04:00.0)\n", "etc/modprobe.d/x.conf");
    tree_write("options xen-pciback hide=(04:00.0)\n", "etc/modprobe.d/b.conf");
    hide_expect(0, "0000:04:00.0 /etc/modprobe.d/x.conf yes ", "", "--status");
}

static void test_not_booted(void **state)
{
    (void)state;
    install("grub");
    expect_cause("0000:02:00.0", "not-booted", "update-grub, then reboot");
    boot(VALUE);
    tree_write("root=/dev/vda\n", "proc/cmdline");
    tree_remove(PARAMETER);
    expect_cause("0000:02:00.0", "not-booted", "a command made it assignable");
    kernel_bind("0000:02:00.0", "e1000e");
    kernel_bind("0000:04:00.0", "igb");
    hide_expect(0, NULL, "", "--uninstall");
    install("modprobe");
    expect_cause("0000:02:00.0", "not-booted", "xen-pciback was loaded without it");
    kernel_remove_driver("pciback");
    expect_cause("0000:02:00.0", "not-booted", "xen-pciback is not loaded");
    hide_expect(0, NULL, "", "--uninstall");
    install("udev");
    expect_cause("0000:04:00.0", "not-booted", "the rule has not run for it");
}

static void test_not_configured(void **state)
{
    (void)state;
    boot(VALUE);
    expect_cause("0000:02:00.0", "not-configured", "the next boot will not");
}

static void test_typo(void **state)
{
    (void)state;
    /* in the file */
    tree_write("GRUB_CMDLINE_LINUX=\"xen-pciback.hide=(02:00.0),(04:00.0)\"\n",
               "etc/default/grub");
    hide_expect(1, "/etc/default/grub: offset 9: ',' does not belong between entries\n", NULL,
                "--status");
    /* on the line alone */
    tree_remove("etc/default/grub");
    install("grub");
    tree_write("xen-pciback.hide=(0000:02:00.0),(0000:04:00.0)\n", "proc/cmdline");
    kernel_remove_driver("pciback");
    expect_cause("0000:04:00.0", "typo", "/proc/cmdline: offset 14: ");
}

static void test_too_long(void **state)
{
    char line[1100];

    (void)state;
    install("grub");
    memset(line, 'x', sizeof(line));
    strcpy(line + 1023, "\n");
    tree_write(line, "proc/cmdline");
    expect_cause("0000:02:00.0", "too-long", "at its limit (1023 characters)");
    strcpy(line + 1000, "\n");
    tree_write(line, "proc/cmdline");
    expect_cause("0000:02:00.0", "not-booted", "");
    hide_expect(0, NULL, "", "--uninstall");
    snprintf(line, sizeof(line), "options xen-pciback hide=(02:00.0)%*s", 0, "");
    for (int i = 0; i < 73; i++)
        strcat(line, "(0000:04:00.0)");
    tree_write(line, "etc/modprobe.d/mine.conf");
    hide_expect(1, "/etc/modprobe.d/mine.conf: offset 1024: 1031 characters", NULL, "--status");
}

static void test_lost(void **state)
{
    (void)state;
    install("modprobe");
    boot(VALUE);
    kernel_bind("0000:04:00.0", "igb");
    expect_cause("0000:04:00.0", "module-late", "driver igb had it before xen-pciback was loaded");
    hide_expect(1, "0000:04:00.0 /" MODPROBE " yes    igb\n",
                "pciback-hide: status: 1 of 2 devices: ", "--status");
    tree_remove("sys/module/igb/initstate");
    expect_cause("0000:04:00.0", "native-driver", "driver igb is built in");
    kernel_bind("0000:04:00.0", "");
    expect_cause("0000:04:00.0", "no-driver", "drivers_probe");
    kernel_remove_driver("pciback");
    expect_cause("0000:04:00.0", "no-driver", "xen-pciback is not loaded");
}

/* The identity at the address is not the one that was configured. */
static void test_renumbered(void **state)
{
    (void)state;
    install("modprobe");
    boot(VALUE);
    tree_write("0x1234\n", "%s/device", kernel_path("0000:04:00.0"));
    expect_cause("0000:04:00.0", "renumbered", "the configured device is gone");
    tree_write("0x10c9\n", "%s/device", kernel_path("0000:03:00.0"));
    expect_cause("0000:04:00.0", "renumbered",
                 "is at 0000:03:00.0 now, and another device is here");
}

static void test_absent(void **state)
{
    (void)state;
    hide_expect(0, "written", NULL, "--install", "5:0.0", "9:0.2", "--allow=absent");
    expect_cause("0000:05:00.0", "absent", "this host has no such device");
    expect_cause("0000:09:00.2", "absent", "");
    /* 9:0.0 can have four virtual functions, 9:0.2, .4, .6 and 9:1.0 */
    tree_write("4\n", "%s/sriov_totalvfs", kernel_path("0000:09:00.0"));
    tree_write("2\n", "%s/sriov_offset", kernel_path("0000:09:00.0"));
    tree_write("2\n", "%s/sriov_stride", kernel_path("0000:09:00.0"));
    expect_cause("0000:09:00.2", "vf", "a virtual function that 0000:09:00.0 has not made yet");
    hide_expect(0, "written", NULL, "--install", "9:1.0", "9:0.3", "9:1.2", "--allow=absent");
    expect_cause("0000:09:01.0", "vf", "");
    expect_cause("0000:09:00.3", "absent", "");
    expect_cause("0000:09:01.2", "absent", "");
    /* a value that no register can have does not count */
    tree_write("-9223372036854775808\n", "%s/sriov_offset", kernel_path("0000:09:00.0"));
    expect_cause("0000:09:01.0", "absent", "");
    tree_write("2\n", "%s/sriov_offset", kernel_path("0000:09:00.0"));
    tree_write("9223372036854775807\n", "%s/sriov_stride", kernel_path("0000:09:00.0"));
    expect_cause("0000:09:01.0", "absent", "");
}

/* Configurations by people and distributions, without pciback-hide. */
static void test_foreign(void **state)
{
    (void)state;
    tree_write("# early\nxen-pciback hide=(02:00.0)\n", "etc/initramfs-tools/modules");
    boot("(02:00.0)");
    hide_expect(0, "0000:02:00.0 /etc/initramfs-tools/modules yes    pciback", NULL, "--status");
    tree_write("options pciback hide=(02:00.0)\n", "etc/modprobe.d/old.conf");
    hide_expect(0, "/etc/modprobe.d/old.conf: line 1: it has no effect: the driver's name is "
                "xen-pciback, not this one", NULL, "--status");
    tree_write("GRUB_CMDLINE_XEN=\"xen-pciback.hide=(03:00.0)\"\n", "etc/default/grub");
    hide_expect(0, "/etc/default/grub: line 1: it has no effect: it is on Xen's own", NULL,
                "--status");
    hide_expect(0, "kept: /etc/initramfs-tools/modules still hides (02:00.0)\n", "",
                "--uninstall");
    hide_expect(0, "\"value\": \"(02:00.0)\"", "", "--uninstall", "--json");
}

static void test_qubes(void **state)
{
    (void)state;
    tree_write("GRUB_CMDLINE_LINUX=\"quiet rd.qubes.hide_pci=02:00.0,04:00.0\"\n",
               "etc/default/grub");
    expect_cause("0000:02:00.0", "not-booted", "grub2-mkconfig, then reboot");
    tree_write("root=/dev/vda rd.qubes.hide_pci=02:00.0,04:00.0 quiet\n", "proc/cmdline");
    kernel_bind("0000:02:00.0", "pciback");
    kernel_bind("0000:04:00.0", "pciback");
    hide_expect(0, "0000:04:00.0 /etc/default/grub yes    pciback", NULL, "--status");
    tree_write("root=/dev/vda rd.qubes.hide_pci=0000:02:00.0\n", "proc/cmdline");
    hide_expect(1, "/proc/cmdline: rd.qubes.hide_pci: offset", NULL, "--status");
}

static void test_suse(void **state)
{
    (void)state;
    tree_write("# late\nXEN_PCI_HIDE_LIST=\"e1000e,0000:02:00.0 igb,0000:04:00.0\"\n",
               "etc/sysconfig/pciback");
    expect_cause("0000:02:00.0", "not-booted", "the service pciback");
    kernel_bind("0000:02:00.0", "pciback");
    kernel_bind("0000:04:00.0", "pciback");
    hide_expect(0, "0000:02:00.0 /etc/sysconfig/pciback no     pciback", NULL, "--status");
}

static void test_xcp(void **state)
{
    (void)state;
    tree_write("#!/bin/sh\n", "opt/xensource/libexec/xen-cmdline");
    boot("(02:00.0)(0000:04:00.0)");
    hide_expect(1, "XAPI reads only entries with a segment, and not (02:00.0)\n", NULL,
                "--status");
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, hide_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_nothing), RUN(test_agree), RUN(test_others), RUN(test_not_booted),
        RUN(test_not_configured), RUN(test_typo), RUN(test_too_long), RUN(test_lost),
        RUN(test_renumbered), RUN(test_absent), RUN(test_foreign), RUN(test_qubes),
        RUN(test_suse), RUN(test_xcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
