/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: the command, on a made-up host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_acpi.h"
#include "../fake/fake_config.h"
#include "driver/sysfs_write.h"
#include "machine.h"

static struct fake_table table;

static int begin(void **state)
{
    machine_setup(state);
    tree_write("control_d\n", "proc/xen/capabilities");
    tree_write("6.1.0-9-amd64\n", "proc/sys/kernel/osrelease");
    tree_write("CONFIG_XEN=y\nCONFIG_XEN_PCIDEV_BACKEND=m\n", "boot/config-6.1.0-9-amd64");
    tree_write("root=/dev/vda quiet\n", "proc/cmdline");
    table_begin(&table, "RMAD");
    table_drhd(&table, 0, 1);
    table_end(&table);
    tree_write_bytes(table.bytes, table.len, "sys/firmware/acpi/tables/RMAD");
    return 0;
}

static void test_host(void **state)
{
    (void)state;
    expect(0, "HVM, VT-d in the firmware, on in Xen 4.17.7, interrupt remapping, xen-pciback "
           "loaded", NULL, "check");
    expect(0, "\"ok\": true", NULL, "--json check");
    expect(0, "\"name\": \"intremap\"", NULL, "--json check");
    xen_set_passthrough(false);
    expect(1, "fail  host", "xvtd: check: 1 problem must be solved first", "check");
    expect(1, "\"remedy\": \"", NULL, "--json check");
}

static void test_operands(void **state)
{
    (void)state;
    expect(0, "it has an IOMMU, 28 free slots", NULL, "check vm1");
    expect(0, "dom0 does not use it", NULL, "check 2:0.0");
    expect(0, "dom0 does not use it", NULL, "check vm1 2:0.0");
    expect(0, "dom0 does not use it", NULL, "check --domain=vm1 2:0.0");
    expect(0, "assignable", NULL, "check vm1 3:0.0");
    expect(0, "attached to vm2 at 0x05", NULL, "check vm2 6:0.0");
    expect(1, "it belongs to 'vm2'", NULL, "check vm1 6:0.0");
    expect(1, "dom0 uses it: vda > / (mount)", NULL, "check 0:3.0");
    expect(4, "", "vm9: no running domain has this name, UUID or ID", "check vm9");
    expect(4, "", "0000:08:00.0: this host has no such device", "check vm1 8:0.0");
    expect(2, "", "is not a PCI address", "check vm1 2:0.9");
    expect(2, "", "is not a PCI address", "check 2:0.9");
    /* A device's name does not name a domain, unless --domain says so. */
    xen_set_record("0000:02:00.0", "name", "uplink0");
    expect(0, "0000:02:00.0 dom0 does not use it", NULL, "check uplink0");
    expect(4, "", "uplink0: no running domain", "check --domain=uplink0");
}

static void test_found(void **state)
{
    (void)state;
    xen_set_record("0000:02:00.0", "domid", "7");
    expect(0, "xvtd recover", NULL, "check");
    xen_set_record("0000:02:00.0", "domid", NULL);
    kernel_override("0000:02:00.0", "vfio-pci");
    expect(0, "echo > /sys/bus/pci/devices/0000:02:00.0/driver_override", NULL, "check");
    kernel_override("0000:02:00.0", "");
    tree_write("(0000:04:00.0)(02:00.0)\n", "sys/module/xen_pciback/parameters/hide");
    expect(0, "xvtd assignable add 0000:02:00.0", NULL, "check");
    tree_write("(0000:04:00.0)\n", "sys/module/xen_pciback/parameters/hide");
    expect(0, "", NULL, "check");
    assert_null(strstr(xvtd("check").out, "warn"));

    tree_write("# a comment\nXENDOMAINS_SAVE=\"/var/lib/xen/save\"\n", "etc/default/xendomains");
    assert_null(strstr(xvtd("check").out, "warn"));
    tree_link("../init.d/xendomains", "etc/rc0.d/K01xendomains");
    expect(0, "warn  vm2", NULL, "check");
    assert_null(strstr(xvtd("check vm1").out, "warn"));
    tree_write("XENDOMAINS_SAVE=\n", "etc/default/xendomains");
    assert_null(strstr(xvtd("check").out, "warn"));

    tree_write("0 EFI VGA\n", "proc/fb");
    tree_write("quiet amd_iommu=on\n", "proc/cmdline");
    expect(0, "amd_iommu=on on dom0's command line does nothing", NULL, "check");
}

/* ATS is in configuration space, `permissive` in xenstore; each kind is explained once. */
static void test_security(void **state)
{
    struct fake_config c = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    const char *why;
    struct run run;

    (void)state;
    assert_null(strstr(xvtd("check --explain").out, "warn"));
    tree_write("N\n", "sys/module/xen_pciback/parameters/permissive");
    config_set16(&c, 0x102, 0x1481);
    config_set16(&c, 0x148, 0x000f);
    config_set16(&c, 0x14a, 0x0001);
    tree_write_bytes(c.bytes, c.len, "%s/config", kernel_path("0000:06:00.0"));
    assert_null(strstr(xvtd("check").out, "warn"));     /* it can use ATS, and does not */
    config_set16(&c, 0x14e, 0x8000);
    tree_write_bytes(c.bytes, c.len, "%s/config", kernel_path("0000:06:00.0"));
    run = xvtd("check");
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "addresses that 0000:06:00.0 says to have"));
    assert_null(strstr(run.out, "why: "));
    assert_null(strstr(xvtd("check vm1").out, "warn"));
    tree_write("Y\n", "sys/module/xen_pciback/parameters/permissive");
    expect(0, "why: ATS lets a device keep translations", NULL, "check --explain vm2");
    expect(0, "why: pciback lets a guest write only", NULL, "check --explain vm2");
    expect(0, "\"explanation\": \"ATS lets", NULL, "--json check --explain vm2");
    expect(0, "\"explanation\": null", NULL, "--json check --explain vm2");
    tree_write("# x\nXENDOMAINS_SAVE=/var/lib/xen/save\n", "etc/default/xendomains");
    xen_give(1, "0000:02:00.0", 7, 0);
    tree_write_bytes(c.bytes, c.len, "%s/config", kernel_path("0000:02:00.0"));
    run = xvtd("check --explain");
    why = strstr(run.out, "why: ATS");
    assert_non_null(why);
    assert_null(strstr(why + 1, "why: ATS"));
}

/* vm2's virtual function, on the card that dom0's address is on. */
static void test_shared_card(void **state)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    struct run run;

    (void)state;
    kernel_add_sriov("0000:02:00.0", "0000:00:1c.0", 1);
    sysfs_write(root, "sys/bus/pci/devices/0000:02:00.0/sriov_numvfs", "1");
    kernel_bind("0000:02:00.1", "pciback");
    tree_write("20010db8000000000000000000000001 03 40 00 80     eth1\n", "proc/net/if_inet6");
    assert_null(strstr(xvtd("check").out, "warn"));     /* no guest has it */
    xen_give(2, "0000:02:00.1", 9, 0);
    run = xvtd("check");
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "dom0's network needs it (eth1 > 2001:db8::1), and 'vm2' has"));
    assert_non_null(strstr(run.out, "fix: move dom0's network to another card, or: xvtd detach "
                           "vm2 0000:02:00.1\n"));
    assert_non_null(strstr(xvtd("check vm2").out, "dom0's network needs it"));
    assert_null(strstr(xvtd("check vm1").out, "dom0's network needs it"));
    tree_write("", "proc/net/if_inet6");
    assert_null(strstr(xvtd("check").out, "warn"));     /* dom0 does not need it */
}

/* The root port 00:1c.0, which reports its link, up or down. */
static void set_port(bool reports, bool up)
{
    struct fake_config c = fake_config(0x8086, 0xa110, PCIE_ROOT_PORT, false);

    config_set32(&c, 0xac, reports ? 1u << 20 : 0);
    config_set16(&c, 0xb2, up ? 1u << 13 : 0);
    tree_write_bytes(c.bytes, c.len, "%s/config", kernel_path("0000:00:1c.0"));
}

/* Behind a link that is down a function answers with ones; the port says why. */
static void test_link(void **state)
{
    static uint8_t ones[4096];
    struct fake_config vf = { .len = sizeof(vf.bytes) };
    struct run run;

    (void)state;
    memset(ones, 0xff, sizeof(ones));
    tree_write_bytes(ones, sizeof(ones), "%s/config", kernel_path("0000:06:00.0"));
    tree_write_bytes(ones, sizeof(ones), "%s/config", kernel_path("0000:02:00.0"));
    assert_null(strstr(xvtd("check").out, "link"));     /* the port reports nothing */
    set_port(false, false);
    assert_null(strstr(xvtd("check").out, "link"));
    set_port(true, true);
    assert_null(strstr(xvtd("check").out, "link"));
    set_port(true, false);
    run = xvtd("check");
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "it does not answer: the link below 0000:00:1c.0 is down, and "
                                    "'vm2' has it"));
    assert_null(strstr(xvtd("check vm1").out, "link"));
    expect(0, "why: The device and the port above it", NULL, "check --explain vm2");
    expect(1, "the link below 0000:00:1c.0 is down", NULL, "check vm1 2:0.0");
    expect(6, NULL, "0000:02:00.0: it does not answer: the link below 0000:00:1c.0 is down",
           "assign vm1 2:0.0 7");
    assert_int_equal(kernel_writes(), 0);
    /* The IDs of a virtual function are ones, the rest of its header is not. */
    config_set32(&vf, 0, UINT32_MAX);
    tree_write_bytes(vf.bytes, vf.len, "%s/config", kernel_path("0000:02:00.0"));
    expect(0, NULL, NULL, "assign vm2 2:0.0 7");
}

/* Devices that share an RMRR: check predicts Xen's EPERM. */
static void test_rmrr(void **state)
{
    (void)state;
    table_begin(&table, "RMAD");
    table_drhd(&table, 0, 1);
    table_rmrr(&table, 0, 0x7b800000, 0x7b8fffff);
    table_scope(&table, 1, 2, "00.0");
    table_scope(&table, 1, 5, "00.0");
    table_end(&table);
    tree_write_bytes(table.bytes, table.len, "sys/firmware/acpi/tables/RMAD");
    expect(1, "Xen refuses such devices", NULL, "--json check vm1 2:0.0");
    expect(1, "Xen refuses such devices", NULL, "--json check 2:0.0");
    expect(0, "memory at 0x7b800000-0x7b8fffff is reserved for it (RMRR), and for others", NULL,
           "show 2:0.0");
    expect(0, "\"kind\": \"RMRR\"", NULL, "--json show 2:0.0");
    assert_null(strstr(xvtd("--json show 3:0.0").out, "RMRR"));
    expect(3, "", "hint: --rdm-policy=relaxed assigns it anyway", "assign vm1 2:0.0 7");
    assert_int_equal(kernel_writes(), 0);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --rdm-policy=relaxed");
    expect(0, "2 functions share the memory at 0x7b800000", NULL, "groups");
}

/* Two devices of one group, given together. */
static void test_together(void **state)
{
    (void)state;
    expect(0, "dom0 does not use it", NULL, "check vm1 9:0.*");
    expect(0, NULL, NULL, "check vm1 9:0.0 9:0.1 9:0.0");
}

static void test_captured(void **state)
{
    char dir[PATH_MAX];

    (void)state;
    snprintf(dir, sizeof(dir), "%s", tree_dir());
    expect(0, "VT-d in the firmware, xen-pciback", "with --root xvtd does not ask Xen",
           "--root %s check",
           dir);
    expect(1, "dom0 uses it", NULL, "--root %s check 0:3.0", dir);
    expect(2, "", "vm1: with --root there are no domains", "--root %s check vm1", dir);
    xen_forget();
    expect(0, NULL, NULL, "--root %s check 2:0.0", dir);
    assert_int_equal(xen_calls(), 0);
    tree_remove("proc/xen/capabilities");
    expect(0, "VT-d in the firmware", NULL, "--root %s check", dir);     /* the table's name tells */
    tree_remove("sys/firmware/acpi/tables/RMAD");
    tree_write("vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx sse\n", "proc/cpuinfo");
    expect(1, "switch VT-d on in the firmware's setup", NULL, "--root %s check", dir);
    expect(1, "apt install xen-system-amd64", NULL, "--root %s check", dir);
}

/* Every question that Xen does not answer ends in one sentence. */
static void test_faults(void **state)
{
    (void)state;
    for (unsigned n = 1;; n++) {
        struct run run;

        xen_fail(n, 5, NULL, REACH_NOTHING, false);
        xen_forget();
        run = xvtd("check vm1 2:0.0");
        if (xen_calls() < n)
            break;
        if (run.code != 0 && !strstr(run.err, "xvtd: check: ") && !strstr(run.out, "fail"))
            fail_msg("call %u (%s): exit %d, %s%s", n, xen_call(n - 1), run.code, run.out, run.err);
        if (run.code == 0 && strcmp(xen_call(n - 1), "log") &&
            !strstr(run.out, "its device model does not answer"))
            fail_msg("call %u (%s): its failure is not told", n, xen_call(n - 1));
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_host), TEST(test_operands), TEST(test_found), TEST(test_security),
        TEST(test_shared_card), TEST(test_link), TEST(test_rmrr), TEST(test_together),
        TEST(test_captured),
        TEST(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
