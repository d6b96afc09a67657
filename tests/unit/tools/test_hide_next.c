/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide --status --next: each kernel's initramfs and boot entry, and the missing step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include <cmocka.h>

#include "hide_machine.h"

#define MODULES "etc/modprobe.d/xvtd-hide.conf\nlib/modules/6.1.0-test/xen-pciback.ko.xz\n"

/* A made-up lsinitramfs: an initramfs is the list of what is in it. */
static int setup(void **state)
{
    char path[PATH_MAX + 64], program[PATH_MAX + 32];

    hide_setup(state);
    tree_mkdir("etc/initramfs-tools");
    tree_mkdir("etc/modprobe.d");
    tree_mkdir("etc/udev/rules.d");
    tree_mkdir("etc/default/grub.d");
    tree_write("#!/bin/sh\ncat \"$1\"\n", "bin/lsinitramfs");
    snprintf(program, sizeof(program), "%s/bin/lsinitramfs", tree_dir());
    chmod(program, 0755);
    snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", tree_dir());
    setenv("PATH", path, 1);
    return 0;
}

static void age(const char *name, time_t when)
{
    struct utimbuf times = { when, when };
    char path[PATH_MAX + 64];

    snprintf(path, sizeof(path), "%s/%s", tree_dir(), name);
    assert_int_equal(utime(path, &times), 0);
}

static void expect_step(int code, const char *step)
{
    hide_expect(code, step, code ? "would not hold the configured devices" : "", "--status",
                "--next");
}

static void test_nothing(void **state)
{
    (void)state;
    hide_expect(0, "nothing is configured\n", "", "--status", "--next");
    hide_expect(2, NULL, "--next does not go with", "--next", "2:0.0");
}

static void test_modprobe(void **state)
{
    (void)state;
    hide_expect(0, "written", NULL, "--install", "2:0.0", "--method=modprobe");
    age("etc/modprobe.d/xvtd-hide.conf", 1000);
    expect_step(1, "6.1.0-test: it has no initramfs: update-initramfs -c -k 6.1.0-test");
    tree_write("bin/sh\n", "boot/initrd.img-6.1.0-test");
    expect_step(1, "/boot/initrd.img-6.1.0-test has no xen-pciback: update-initramfs -u");
    tree_write("lib/modules/6.1.0-test/xen-pciback.ko\n", "boot/initrd.img-6.1.0-test");
    expect_step(1, "does not have /etc/modprobe.d/xvtd-hide.conf: update-initramfs -u");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    age("boot/initrd.img-6.1.0-test", 999);
    expect_step(1, "is older than /etc/modprobe.d/xvtd-hide.conf: update-initramfs -u");
    age("boot/initrd.img-6.1.0-test", 1001);
    expect_step(0, "6.1.0-test /boot/initrd.img-6.1.0-test yes");
    /* another kernel, whose initramfs nobody has made anew */
    tree_write("kernel/drivers/xen/xen-pciback/xen-pciback.ko:\n",
               "lib/modules/6.12.1/modules.dep");
    tree_write("x\n", "boot/initrd.img-6.12.1");
    expect_step(1, "6.12.1: /boot/initrd.img-6.12.1 has no xen-pciback");
    tree_write("", "lib/modules/6.12.1/modules.dep");
    expect_step(1, "6.12.1: it has no xen-pciback: boot another kernel");
}

static void test_line(void **state)
{
    (void)state;
    tree_write("GRUB_CMDLINE_LINUX=\"xen-pciback.hide=(02:00.0)\"\n", "etc/default/grub");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    expect_step(1, "6.1.0-test: no grub.cfg can be read here");
    tree_write("menuentry 'Linux' {\nlinux /vmlinuz-6.1.0-test ro xen-pciback.hide=(02:00.0)\n}\n",
               "boot/grub/grub.cfg");
    expect_step(1, "no entry of /boot/grub/grub.cfg boots Xen with it: update-grub");
    tree_write("menuentry 'Xen' {\nmultiboot2 /xen.gz\nmodule2 /vmlinuz-6.1.0-test ro\n}\n",
               "boot/grub/grub.cfg");
    expect_step(1, "does not have the value of /etc/default/grub: update-grub");
    tree_write("menuentry 'Xen' {\nmultiboot2 /xen.gz\nmodule2 /vmlinuz-6.1.0-test ro "
               "xen-pciback.hide=(02:00.0)\n}\n", "boot/grub/grub.cfg");
    expect_step(0, "yes");
}

static void test_unknown(void **state)
{
    int code;
    struct run run;

    (void)state;
    hide_expect(0, "written", NULL, "--install", "2:0.0", "--method=modprobe");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    tree_write("exit 1\n", "bin/lsinitramfs");
    expect_step(1, "/boot/initrd.img-6.1.0-test cannot be listed here");
    run = hide_run("--status", "--next", "--json");
    assert_int_equal(run.code, 1);
    assert_true(json_valid(run.out, &code));
    assert_true(json_has(run.out, "\"agree\":false,\"kernels\":[{\"version\":\"6.1.0-test\","
                                  "\"initramfs\":\"/boot/initrd.img-6.1.0-test\",\"entry\":false,"
                                  "\"held\":null,"));
}

static void test_warnings(void **state)
{
    (void)state;
    hide_expect(0, "written", NULL, "--install", "2:0.0", "--method=udev");
    tree_write(MODULES "etc/udev/rules.d/10-xvtd-hide.rules\n", "boot/initrd.img-6.1.0-test");
    tree_write("etc/udev/rules.d/10-xvtd-hide.rules\n", "var/lib/kdump/initrd.img-6.1.0-test");
    tree_write("", "boot/efi/EFI/Linux/dom0.efi");
    hide_expect(0, "warning: /var/lib/kdump/initrd.img-6.1.0-test: the crash kernel's", "",
                "--status", "--next");
    hide_expect(0, "warning: /boot/efi/EFI/Linux/dom0.efi: a unified kernel image", "", "--status",
                "--next");
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, hide_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_nothing), RUN(test_modprobe), RUN(test_line), RUN(test_unknown),
        RUN(test_warnings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
