/* SPDX-License-Identifier: GPL-2.0-or-later */
/* function_detail.h and config_space.h on made-up functions. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_config.h"
#include "base/config_space.h"
#include "detail/function_detail.h"
#include "host_tree.h"

#define PORT "sys/devices/pci0000:00/0000:00:01.0"
#define NIC PORT "/0000:01:00.0"
#define VF PORT "/0000:01:10.0"

static struct function_detail d;

static void look(const char *text)
{
    struct err e;

    host_tree_open();
    if (function_detail_read(root, g, bdf(text), &d, &e))
        fail_msg("%s", e.message);
}

/* A server's card: 5 GT/s x4 on port 5, a PF of 8 VFs with one there. */
static struct fake_config nic(void)
{
    struct fake_config c = fake_config(0x8086, 0x1521, PCIE_ENDPOINT, false);

    c.bytes[0x08] = 0x01;
    c.bytes[0x3d] = 2;
    config_set16(&c, 0x52, 3 << 1 | 1);         /* MSI: eight vectors, on */
    config_set32(&c, 0xa4, 1u << 28);           /* FLR */
    config_set32(&c, 0xac, 5u << 24 | 4 << 4 | 2);
    config_set16(&c, 0xb2, 1 | 1 << 4);
    c.bytes[0x51] = 0xd0;
    config_set16(&c, 0xd0, 0x0011);             /* MSI-X: ten, off */
    c.bytes[0xd1] = 0xa0;
    config_set16(&c, 0xd2, 9);
    config_set16(&c, 0x102, 0x1601);
    config_set32(&c, 0x160, 0x00010010);        /* SR-IOV */
    config_set16(&c, 0x16e, 8);
    config_set16(&c, 0x170, 1);
    return c;
}

static void add_card(void)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config card = nic(), vf = fake_config(0x8086, 0x1520, PCIE_ENDPOINT, false);

    config_put("0000:00:01.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &card, FAKE_NIC);
    config_put("0000:01:10.0", "pci0000:00/0000:00:01.0", &vf, FAKE_NIC);
    tree_link("../0000:01:00.0", VF "/physfn");
    tree_write("0x8086\n", NIC "/subsystem_vendor");
    tree_write("0x0001\n", NIC "/subsystem_device");
}

static void test_registers(void **state)
{
    (void)state;
    add_card();
    look("01:00.0");
    assert_int_equal(d.revision, 1);
    assert_string_equal(d.path, NIC);
    assert_int_equal(d.identity.subdevice, 1);
    assert_true(d.has_parent);
    assert_string_equal(BDF_STR(d.parent), "0000:00:01.0");
    assert_true(d.has_link);
    assert_int_equal(d.link_port, 5);
    assert_int_equal(d.link_cap.speed, 2);
    assert_int_equal(d.link_cap.width, 4);
    assert_int_equal(d.link_now.speed, 1);
    assert_int_equal(d.link_now.width, 1);
    assert_int_equal(d.msi, 8);
    assert_true(d.msi_on);
    assert_int_equal(d.msix, 10);
    assert_false(d.msix_on);
    assert_int_equal(d.intx_pin, 2);
    assert_int_equal(d.sriov, SRIOV_PF);
    assert_int_equal(d.vfs_total, 8);
    assert_int_equal(d.vfs_now, 1);
    assert_int_equal(d.numa_node, -1);
    assert_string_equal(d.slot, "");
    assert_string_equal(link_speed(6), "64");
    assert_null(link_speed(7));
    assert_null(link_speed(0));

    look("01:10.0");
    assert_int_equal(d.sriov, SRIOV_VF);
    assert_string_equal(BDF_STR(d.pf), "0000:01:00.0");
    assert_false(d.has_link);
}

static void test_attributes(void **state)
{
    (void)state;
    add_card();
    tree_write("1\n", NIC "/numa_node");
    tree_write("17\n", NIC "/irq");
    tree_write("1\n", NIC "/boot_vga");
    tree_write("D0\n", NIC "/power_state");
    tree_write("pciback\n", NIC "/driver_override");
    tree_write("7\n", NIC "/sriov_totalvfs");
    tree_write("0\n", NIC "/sriov_numvfs");
    tree_write("flr bus\n", NIC "/reset_method");
    tree_write("0000:01:00\n", "sys/bus/pci/slots/5-1/address");
    tree_write("0000:02:00\n", "sys/bus/pci/slots/6/address");
    tree_write("0x00000000f7c00000 0x00000000f7c1ffff 0x0000000000040200\n"
               "0x000000000000e000 0x000000000000e01f 0x0000000000040101\n"
               "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
               "0x0000004000000000 0x000000400fffffff 0x000000000014220c\n"
               "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
               "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
               "0x00000000f7c40000 0x00000000f7c7ffff 0x000000000004e200\n", NIC "/resource");
    look("01:00.0");
    assert_int_equal(d.numa_node, 1);
    assert_int_equal(d.irq, 17);
    assert_true(d.boot_vga);
    assert_string_equal(d.power, "D0");
    assert_string_equal(d.override, "pciback");
    assert_string_equal(d.slot, "5-1");
    assert_int_equal(d.vfs_total, 7);
    assert_int_equal(d.vfs_now, 0);
    assert_true(d.resets_by_kernel);
    /* Its virtual function is on the bus as well. */
    assert_int_equal(d.n_resets, 1);
    assert_string_equal(d.resets[0], "flr");
    assert_int_equal(d.resources[0].size, 0x20000);
    assert_true(d.resources[0].memory && !d.resources[0].wide && !d.resources[0].prefetch);
    assert_int_equal(d.resources[1].size, 32);
    assert_false(d.resources[1].memory);
    assert_true(d.resources[3].wide && d.resources[3].prefetch);
    assert_int_equal(d.memory, 0x10000000 + 0x20000);
    assert_true(d.rom);
    assert_int_equal(d.resources[RESOURCE_ROM].size, 0x40000);

    /* The kernel's word counts, also when it is "none". */
    tree_write("\n", NIC "/reset_method");
    tree_write("(null)\n", NIC "/driver_override");
    look("01:00.0");
    assert_true(d.resets_by_kernel);
    assert_int_equal(d.n_resets, 0);
    assert_string_equal(d.override, "");
}

static bool resets_by(const char *method)
{
    for (size_t i = 0; i < d.n_resets; i++)
        if (!strcmp(d.resets[i], method))
            return true;
    return false;
}

static void test_resets_by_capabilities(void **state)
{
    struct fake_config c = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);

    (void)state;
    config_set16(&c, 0x44, 0x0008);     /* keeps its state in D3hot */
    config_put("0000:00:01.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &c, FAKE_NIC);
    look("01:00.0");
    assert_false(d.resets_by_kernel);
    assert_int_equal(d.n_resets, 1);
    assert_true(resets_by("bus"));

    config_set16(&c, 0x44, 0);
    config_set32(&c, 0xa4, 1u << 28);
    c.bytes[0x51] = 0xe0;
    config_set16(&c, 0xe0, 0xa013);
    c.bytes[0xe3] = 3;
    config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &c, FAKE_NIC);
    config_put("0000:01:00.1", "pci0000:00/0000:00:01.0", &c, FAKE_NIC);
    look("01:00.0");
    assert_int_equal(d.n_resets, 3);
    assert_true(resets_by("flr") && resets_by("af_flr") && resets_by("pm"));

    c.bytes[0xe3] = 1;
    config_put("0000:00:02.0", "pci0000:00", &c, FAKE_NIC);
    look("00:02.0");
    assert_false(d.bus_reset);
    assert_false(resets_by("af_flr"));
    assert_false(resets_by("bus"));
}

static void test_bus_reset_and_vfs(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config other = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    struct bdf *list;
    struct err e;
    size_t n;

    (void)state;
    add_card();
    config_put("0000:01:00.1", "pci0000:00/0000:00:01.0", &port, FAKE_BRIDGE);
    config_put("0000:05:00.0", "pci0000:00/0000:00:01.0/0000:01:00.1", &other, FAKE_NIC);
    config_put("0000:00:02.0", "pci0000:00", &other, FAKE_NIC);
    host_tree_open();
    assert_int_equal(detail_bus_reset(g, bdf("01:00.0"), &list, &n, &e), 0);
    assert_int_equal(n, 3);
    assert_string_equal(BDF_STR(list[0]), "0000:01:00.1");
    assert_string_equal(BDF_STR(list[1]), "0000:01:10.0");
    assert_string_equal(BDF_STR(list[2]), "0000:05:00.0");
    free(list);
    assert_int_equal(detail_bus_reset(g, bdf("05:00.0"), &list, &n, &e), 0);
    assert_int_equal(n, 0);
    assert_int_equal(detail_bus_reset(g, bdf("00:02.0"), &list, &n, &e), 0);
    assert_null(list);
    assert_int_equal(detail_vfs(g, bdf("01:00.0"), &list, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(BDF_STR(list[0]), "0000:01:10.0");
    free(list);
    assert_int_equal(detail_vfs(g, bdf("00:02.0"), &list, &n, &e), 0);
    assert_int_equal(n, 0);
}

/* Less and less of the configuration space, and attributes that are garbage. */
static void test_short_and_garbage(void **state)
{
    static const char *const files[] = {
        "numa_node", "irq", "boot_vga", "power_state", "sriov_totalvfs", "sriov_numvfs",
        "resource", "reset_method", "driver_override",
    };
    static const char *const garbage[] = {
        "", "\n", "x", "99999999999999999999", "-5", "0xffffffffffffffff 0x0 0x200",
        "0x0 0xffffffffffffffff 0x200",
        "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m",
    };
    struct fake_config c = nic();
    struct err e;

    (void)state;
    add_card();
    for (c.len = 0; c.len < 0x180; c.len += 3) {
        config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &c, FAKE_NIC);
        look("01:00.0");
        assert_int_equal(d.msi, c.len >= 0x54 ? 8 : 0);
        assert_int_equal(d.sriov, c.len >= 0x164 ? SRIOV_PF : SRIOV_NONE);
    }
    for (size_t i = 0; i < ARRAY_LEN(garbage); i++) {
        for (size_t f = 0; f < ARRAY_LEN(files); f++)
            tree_write(garbage[i], NIC "/%s", files[f]);
        look("01:00.0");
        assert_int_equal(d.memory, 0);
        assert_true(d.n_resets <= RESET_METHODS_MAX);
    }
    tree_remove("sys/bus/pci/devices/0000:01:00.0");
    assert_int_equal(function_detail_read(root, g, bdf("01:00.0"), &d, &e), -ENODEV);
    assert_int_equal(e.code, XV_NOT_FOUND);
    assert_int_equal(function_detail_read(root, g, bdf("77:00.0"), &d, &e), -ENODEV);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_tree_setup, host_tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_registers),
        TEST(test_attributes),
        TEST(test_resets_by_capabilities),
        TEST(test_bus_reset_and_vfs),
        TEST(test_short_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
