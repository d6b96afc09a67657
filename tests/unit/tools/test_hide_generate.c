/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide BDF...: what is printed for each place, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fake/fake_xs.h"
#include "hide_machine.h"

#define DEVICE "# Written by pciback-hide; pciback-hide --uninstall removes it.\n" \
               "# device 0000:02:00.0 8086:10d3:1af4:1100\n"

static void test_param(void **state)
{
    (void)state;
    hide_expect(0, "xen-pciback.hide=(0000:02:00.0)(0000:03:00.0)\n", NULL, "3:0.0", "2:0.0");
    hide_expect(0, "xen-pciback.hide=(0000:02:00.0)\n", NULL, "0:2:0.0");
    hide_expect(0, "xen-pciback.hide=(02:00.0)(09:00.*)\n", NULL, "--short", "2:0.0", "9:0.0",
                "9:0.1");
    hide_expect(0, "pciback.hide=(0000:09:00.*)\n", NULL, "--classic", "9:0.*");
    hide_expect(2, "", "no device is named", "--short");
    hide_expect(2, "", "not a PCI address", "2:0");
    hide_expect(2, "", "--short does not go with --lint", "--short", "--lint", "x");
    hide_expect(6, "", "xen-pciback takes no segment above ffff", "10000:e1:0.0");
    hide_expect(2, "", "--format=lilo: no such format\nhint: param, grub", "2:0.0",
                "--format=lilo");
    hide_expect(2, "", "--allow=all: no such check", "2:0.0", "--allow=all");
}

static void test_names(void **state)
{
    (void)state;
    tree_write("0x1101\n", "%s/subsystem_device", kernel_path("0000:02:00.0"));
    tree_write("uplink0 0000:0d:00.0 8086:10d3:1af4:1101\nlost 0000:03:00.0 8086:1:2:3\n",
               "etc/xvtd/names");
    hide_expect(2, "", "/etc/xvtd/names: line 2 is not a name's entry", "uplink0");
    tree_write("uplink0 0000:0d:00.0 8086:10d3:1af4:1101\nlost 0000:03:00.0 8086:0001:0002:0003\n",
               "etc/xvtd/names");
    hide_expect(0, "xen-pciback.hide=(0000:02:00.0)\n", "is now 0000:02:00.0", "uplink0");
    hide_expect(4, "", "'lost': this device, once at 0000:03:00.0", "lost", "--allow=absent");
    hide_expect(4, "", "'eth1': no device has this name", "eth1");
}

static void test_absent(void **state)
{
    (void)state;
    hide_expect(4, "", "0000:05:00.0: this host has no such device\nhint: --allow=absent",
                "5:0.0");
    hide_expect(4, "", "0000:05:00.*: this host", "5:0.*");
    hide_expect(0, "xen-pciback.hide=(0000:05:00.0)\n", NULL, "5:0.0", "--allow=absent");
    hide_expect(0, "xen-pciback.hide=(0000:05:00.*)\n", NULL, "5:0.*", "--allow=absent");
    hide_expect(0, "# device 0000:05:00.0 absent\n# 0000:05:00.0 is not there", NULL, "5:0.0",
                "--allow=absent", "--format=udev");
}

/* A warning comes with a parameter that would do harm. */
static void test_warnings(void **state)
{
    (void)state;
    hide_expect(0, "(0000:00:03.0)", "dom0 uses 0000:00:03.0: vda > / (mount)", "0:3.0");
    hide_expect(0, "(0000:00:1c.0)", "0000:00:1c.0 is a bridge: this hides all devices below",
                "0:1c.0");
}

static void test_places(void **state)
{
    (void)state;
    hide_expect(0, DEVICE "GRUB_CMDLINE_LINUX_XEN_REPLACE=\"${GRUB_CMDLINE_LINUX_XEN_REPLACE:-"
                "$GRUB_CMDLINE_LINUX} xen-pciback.hide=(0000:02:00.0)\"\n", "", "2:0.0",
                "--format=grub");
    hide_expect(0, "\nxen-pciback.hide=(0000:02:00.0)\n", "", "2:0.0", "--format=grub-legacy");
    hide_expect(0, "force_drivers+=\" xen-pciback \"\n", "", "2:0.0", "--format=dracut");
    hide_expect(0, "\nmanual_add_modules xen-pciback\n", "", "2:0.0",
                "--format=initramfs-tools");
    hide_expect(0, DEVICE "# device 0000:03:00.0 8086:10d3:1af4:1100\n"
                "# device 0000:04:00.0 8086:10c9:1af4:1100\n"
                "options xen-pciback hide=(0000:02:00.0)(0000:03:00.0)(0000:04:00.0)\n"
                "softdep e1000e pre: xen-pciback\nsoftdep igb pre: xen-pciback\n", "", "2:0.0",
                "3:0.0", "4:0.0", "--format=modprobe");
    hide_expect(0, DEVICE "ACTION==\"add|bind\", SUBSYSTEM==\"pci\", "
                "TEST==\"/sys/hypervisor/type\", ATTR{[pci/0000:02:00.0]vendor}==\"0x8086\", "
                "ATTR{[pci/0000:02:00.0]device}==\"0x10d3\", "
                "ATTR{[pci/0000:02:00.0]subsystem_vendor}==\"0x1af4\", "
                "ATTR{[pci/0000:02:00.0]subsystem_device}==\"0x1100\", "
                "ATTR{[pci/0000:02:00.0]driver_override}=\"pciback\"\n"
                "ACTION==\"add\", SUBSYSTEM==\"pci\", KERNEL==\"0000:02:00.0\", ", "", "2:0.0",
                "--format=udev");
}

/* A device without a driver now: its alias names the driver. */
static void test_alias(void **state)
{
    (void)state;
    kernel_bind("0000:02:00.0", "pciback");
    hide_expect(0, "hide=(0000:02:00.0)\nsoftdep e1000e pre: xen-pciback\n", "", "2:0.0",
                "--format=modprobe");
    assert_null(strstr(hide_run("2:0.0", "--format=modprobe").out, "igb"));
}

static void test_cfg(void **state)
{
    char path[PATH_MAX + 16], other[PATH_MAX + 16];

    (void)state;
    snprintf(path, sizeof(path), "%s/vm1.cfg", tree_dir());
    snprintf(other, sizeof(other), "%s/vm2.cfg", tree_dir());
    tree_write("name = 'vm1'\npci = [ '03:00.0@7,permissive=1', '02:00.0' ]\n", "vm1.cfg");
    tree_write("pci = [ '09:00.*' ]\n", "vm2.cfg");
    hide_expect(0, "xen-pciback.hide=(0000:02:00.0)(0000:03:00.0)(0000:04:00.0)(0000:09:00.*)\n",
                NULL, "--from-cfg", path, other, "4:0.0");
    hide_expect(2, "", "not a PCI address", path);
    tree_write("pci = [ 'name=uplink0' ]\n", "vm1.cfg");
    hide_expect(2, "", "vm1.cfg:1:9: 'name=uplink0' has no PCI address",
                "--from-cfg", path);
    tree_write("memory = 1\n", "vm1.cfg");
    hide_expect(4, "", "no guest has a device in these cfgs", "--from-cfg", path);
    hide_expect(4, "", "No such file", "--from-cfg", "/no/such/file");
}

/* The devices that guests have now, from xenstore. */
static void test_assigned(void **state)
{
    (void)state;
    store_begin();
    hide_expect(4, "", "no guest has a device now", "--assigned");
    store_set("/local/domain/0/backend/pci/3/0/num_devs", "2");
    store_set("/local/domain/0/backend/pci/3/0/dev-0", "0000:04:00.0");
    store_set("/local/domain/0/backend/pci/3/0/dev-1", "0000:02:00.0");
    hide_expect(0, "xen-pciback.hide=(0000:02:00.0)(0000:04:00.0)\n", NULL, "--assigned");
    hide_expect(2, "", "--assigned asks the running host", "--assigned", "--root", tree_dir());
}

/* 1023 characters of the dom0 line, without the hide words that are on it. */
static void test_line(void **state)
{
    char line[1200] = "";

    (void)state;
    memset(line, 'x', 970);
    strcpy(line + 970, " xen-pciback.hide=(0000:02:00.0)\n");
    tree_write(line, "proc/cmdline");
    hide_expect(0, "xen-pciback.hide=(0000:02:00.0)\n", NULL, "2:0.0");
    hide_expect(0, "xen-pciback.hide=(02:00.0)(09:00.*)\n", "shortened", "9:0.0", "9:0.1", "2:0.0");
    hide_expect(3, "", "4 devices: the dom0 command line has 970 characters already and would "
                "exceed 1023, where Xen cuts it\n"
                "hint: modprobe.d and udev", "2:0.0",
                "3:0.0", "4:0.0", "9:0.1");
    hide_expect(0, "options xen-pciback hide=(0000:02:00.0)", NULL, "2:0.0", "3:0.0", "4:0.0",
                "9:0.0", "--format=modprobe");
}

static void test_many(void **state)
{
    static char bdf[200][16];
    const char *words[210];
    size_t n = 0;

    (void)state;
    words[n++] = "--allow=absent";
    for (int i = 0; i < 50; i++) {
        sprintf(bdf[i], "%x:1f.0", 0x20 + i);
        words[n++] = bdf[i];
    }
    words[n] = NULL;
    hide_expect_list(0, "(0000:20:1f.0)", "", words);
    for (int i = 50; i < 114; i++) {
        sprintf(bdf[i], "%x:1f.0", 0x20 + i);
        words[n++] = bdf[i];
    }
    words[n] = NULL;
    hide_expect_list(3, "", "114 devices: the shortest value has 1026 characters, but the kernel "
                     "takes at most 1024", words);
    words[n - 1] = "--format=modprobe";
    hide_expect_list(0, "hide=(20:1f.0)(21", "shortened", words);
    words[n++] = bdf[113];
    words[n] = NULL;
    hide_expect_list(3, "", "hint: udev has no such limit", words);
    words[n++] = "--format=udev";
    words[n] = NULL;
    hide_expect_list(0, "# device 0000:91:1f.0 absent", "", words);
}

static void test_json(void **state)
{
    int code;
    struct run run = hide_run("--json", "2:0.0");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_true(json_has(run.out, "\"parameter\":\"xen-pciback.hide=(0000:02:00.0)\""));
    assert_true(json_has(run.out, "\"devices\":[{\"bdf\":\"0000:02:00.0\",\"present\":true,"
                                  "\"identity\":\"8086:10d3:1af4:1100\"}]"));
    run = hide_run("--json", "5:0.0");
    assert_true(json_valid(run.out, &code));
    assert_int_equal(code, 4);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, hide_setup, hide_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_param), RUN(test_names), RUN(test_absent), RUN(test_warnings), RUN(test_places), RUN(test_alias),
        RUN(test_cfg), RUN(test_assigned), RUN(test_line), RUN(test_many), RUN(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
