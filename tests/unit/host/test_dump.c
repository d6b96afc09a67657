/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines of which nothing but `lspci -xxxx` is known: ids, places and groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_config.h"
#include "base/cleanup.h"
#include "host_tree.h"
#include "pci/dump_scan.h"

/* A machine without a sysfs. */
static int setup(void **state)
{
    host_tree_setup(state);
    tree_remove(DEVICES);
    return 0;
}

/* Appends a function to the dump. */
static void dump(const char *line, const struct fake_config *c, unsigned class)
{
    struct fake_config own = *c;
    AUTO_FREE char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (own.bytes[0x0b] != 0xff) {
        own.bytes[0x09] = (uint8_t)class;
        config_set16(&own, 0x0a, class >> 8);
    }
    fprintf(f, "%s\n", line);
    for (size_t i = 0; i < own.len; i++) {
        if (i % 16 == 0)
            fprintf(f, "%s%02zx:", i ? "\n" : "", i);
        fprintf(f, " %02x", own.bytes[i]);
    }
    fputs("\n\n", f);
    fclose(f);
    tree_append(text, "lspci");
}

static struct fake_config asleep(void)
{
    struct fake_config c = { .len = 256 };

    memset(c.bytes, 0xff, sizeof(c.bytes));
    return c;
}

static const struct pci_function *at(const char *text)
{
    const struct pci_function *f = inventory_find(inv, bdf(text));

    if (!f)
        fail_msg("%s is not there", text);
    return f;
}

static enum group_tie tie(const char *a, const char *b)
{
    return groups_tie(g, bdf(a), bdf(b));
}

/* Two root ports of a 7 series chipset, each with a NIC; rcba: of the LPC bridge. */
static void put_pch(uint32_t rcba)
{
    struct fake_config port = fake_config(0x8086, 0x1e10, PCIE_ROOT_PORT, true);
    struct fake_config lpc = fake_config(0x8086, 0x1e55, PCIE_ENDPOINT, true);
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);

    port.len = nic.len = lpc.len = 256;
    config_set16(&lpc, 0x06, 0);
    config_set32(&lpc, 0xf0, rcba);
    port.bytes[0x19] = 1;
    dump("00:1c.0 PCI bridge", &port, 0x060400);
    port.bytes[0x19] = 2;
    dump("00:1c.1 PCI bridge", &port, 0x060400);
    dump("00:1f.0 ISA bridge", &lpc, 0x060100);
    dump("01:00.0 Ethernet controller", &nic, 0x020000);
    dump("02:00.0 Ethernet controller", &nic, 0x020000);
}

static void test_rcba(void **state)
{
    (void)state;
    put_pch(0xfed1c001);
    host_tree_open();
    assert_int_equal(tie("01:00.0", "02:00.0"), TIE_NONE);
}

static void test_rcba_off(void **state)
{
    (void)state;
    put_pch(0xfed1c000);
    host_tree_open();
    assert_int_equal(tie("01:00.0", "02:00.0"), TIE_NO_ACS);
}

/* A capture made without privileges ends before RCBA; the dump beside it has the rest. */
static void test_rcba_beside_sysfs(void **state)
{
    struct fake_config lpc = fake_config(0x8086, 0x1e55, PCIE_ENDPOINT, true);
    struct fake_config port = fake_config(0x8086, 0x1e10, PCIE_ROOT_PORT, true);

    (void)state;
    put_pch(0xfed1c001);
    lpc.len = 64;
    config_put("0000:00:1f.0", "pci0000:00", &lpc, "0x060100\n");
    config_put("0000:00:1c.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:00:1c.1", "pci0000:00", &port, FAKE_BRIDGE);
    host_tree_open();
    assert_int_equal(tie("00:1c.0", "00:1c.1"), TIE_NONE);
}

/* A card of two ports whose virtual functions are ids ffff; below a port with ACS. */
static void test_virtual_functions(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config pf = fake_config(0x8086, 0x10fb, PCIE_ENDPOINT, true);
    struct fake_config vf = fake_config(0xffff, 0xffff, PCIE_ENDPOINT, false);

    (void)state;
    port.bytes[0x19] = 1;
    config_add_acs(&port);
    vf.len = 256;
    config_set16(&pf, 0x102, 0x1601);
    config_set16(&pf, 0x160, 0x0010);   /* SR-IOV */
    config_set16(&pf, 0x162, 0x0001);
    config_set16(&pf, 0x168, 0x0019);   /* enabled */
    config_set16(&pf, 0x170, 3);
    config_set16(&pf, 0x174, 0x100);
    config_set16(&pf, 0x176, 2);
    config_set16(&pf, 0x17a, 0x10ed);
    dump("00:01.0 PCI bridge", &port, 0x060400);
    dump("01:00.0 Ethernet controller", &pf, 0x020000);
    dump("02:00.0 Ethernet controller", &vf, 0x020000);
    dump("02:00.2 Ethernet controller", &vf, 0x020000);
    dump("02:00.4 Ethernet controller", &vf, 0);
    dump("02:00.6 Ethernet controller", &vf, 0x020000);
    host_tree_open();
    assert_true(at("02:00.2")->vf);
    assert_string_equal(BDF_STR(at("02:00.2")->pf), "0000:01:00.0");
    assert_int_equal(at("02:00.2")->vendor, 0x8086);
    assert_int_equal(at("02:00.2")->device, 0x10ed);
    assert_int_equal(at("02:00.4")->class, 0x020000);
    assert_false(at("02:00.6")->vf);    /* the fourth of three */
    assert_int_equal(tie("02:00.0", "02:00.2"), TIE_NONE);
    assert_int_equal(tie("01:00.0", "02:00.2"), TIE_NONE);
    assert_int_equal(groups_facts(g)[3].above, ABOVE_BRIDGE);
}

static struct fake_config nvme(void)
{
    struct fake_config c = fake_config(0x144d, 0xa80a, PCIE_ENDPOINT, false);

    c.len = 256;
    return c;
}

static void test_vmd(void **state)
{
    struct fake_config vmd = fake_config(0x8086, 0x467f, PCIE_RC_ENDPOINT, false), disk = nvme();

    (void)state;
    dump("00:0e.0 RAID bus controller", &vmd, 0x010400);
    dump("10000:e1:00.0 NVMe", &disk, 0x010802);
    dump("10000:e2:00.0 NVMe", &disk, 0x010802);
    host_tree_open();
    assert_int_equal(tie("00:0e.0", "10000:e1:00.0"), TIE_REQUESTER);
    assert_int_equal(tie("10000:e1:00.0", "10000:e2:00.0"), TIE_REQUESTER);
}

/* Without its controller, or with two, the groups of its disks are unknown. */
static void test_vmd_unknown(void **state)
{
    struct fake_config vmd = fake_config(0x8086, 0x201d, PCIE_RC_ENDPOINT, false), disk = nvme();
    const struct group *group;

    (void)state;
    dump("10000:e1:00.0 NVMe", &disk, 0x010802);
    dump("10000:e1:01.0 NVMe", &disk, 0x010802);
    host_tree_open();
    assert_int_equal(tie("10000:e1:00.0", "10000:e1:01.0"), TIE_REQUESTER);
    group = groups_of(g, bdf("10000:e1:00.0"));
    assert_int_equal(group->n_edges, 1);
    assert_int_equal(group->edges[0].kind, EDGE_UNKNOWN_ABOVE);
    dump("17:05.5 RAID bus controller", &vmd, 0x010400);
    dump("ae:05.5 RAID bus controller", &vmd, 0x010400);
    host_tree_open();
    assert_int_equal(tie("10000:e1:00.0", "10000:e1:01.0"), TIE_REQUESTER);
    assert_int_equal(tie("10000:e1:00.0", "17:05.5"), TIE_NONE);
}

static void test_asleep(void **state)
{
    struct fake_config c = asleep();
    char name[160];

    (void)state;
    dump("01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GF108GLM [NVS 5200M] "
         "[10de:0dfc] (rev ff) (prog-if ff)", &c, 0);
    dump("01:00.1 Audio device: Somebody's GF108 (rev ff)", &c, 0);
    dump("01:00.2 0c03: 10de:1ad8 (rev ff)", &c, 0);
    dump("01:00.3 !!! Unknown header type 7f", &c, 0);
    host_tree_open();
    assert_int_equal(at("01:00.0")->vendor, 0x10de);
    assert_int_equal(at("01:00.0")->device, 0x0dfc);
    assert_int_equal(at("01:00.0")->class, 0x030000);
    assert_int_equal(at("01:00.1")->class, 0x040300);
    inventory_name(inv, at("01:00.1"), name, sizeof(name));
    assert_string_equal(name, "Somebody's GF108");
    inventory_short_name(inv, at("01:00.1"), name, sizeof(name));
    assert_string_equal(name, "Somebody's GF108");
    assert_int_equal(at("01:00.2")->vendor, 0x10de);
    assert_int_equal(at("01:00.2")->class, 0x0c0300);
    assert_int_equal(at("01:00.3")->class, PCI_NO_CLASS);
    assert_string_equal(inventory_problem(inv, 0), "0000:01:00.3: its ids cannot be read");
    assert_null(inventory_problem(inv, 1));
}

static void test_titles(void **state)
{
    static const struct {
        const char *title, *name;
        bool known;
        unsigned vendor, class;
    } rows[] = {
        { "", "", false, 0xffff, 0xff0000 },
        { "Audio device", "", false, 0xffff, 0xff0000 },
        { "Audio device:", "", false, 0xffff, 0xff0000 },
        { "Audio device: ", "", true, 0xffff, 0x040300 },
        { "No such class: Thing", "Thing", false, 0xffff, 0xff0000 },
        { "[0403]: Thing", "Thing", true, 0xffff, 0x040300 },
        { "Audio device [04030]: Thing", "Thing", false, 0xffff, 0xff0000 },
        { "Audio device [0403]: Thing [10de:0be] (rev a1)", "Thing [10de:0be]", true, 0xffff,
          0x040300 },
        { "X [0403]: A [b] [10de:0bea]", "A [b]", true, 0x10de, 0x040300 },
        { "0403: 10de:0bea", "", true, 0x10de, 0x040300 },
        { "0403: 10de:0beaf", "10de:0beaf", true, 0xffff, 0x040300 },
    };
    struct pci_names *names = pci_names_open();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pci_function f = { .vendor = PCI_NO_ID, .class = PCI_NO_CLASS };
        bool known = function_ids_from_title(rows[i].title, names, &f);
        char name[64];

        title_name(rows[i].title, name, sizeof(name));
        if (known != rows[i].known || strcmp(name, rows[i].name) || f.class != rows[i].class ||
            (rows[i].vendor != PCI_NO_ID && f.vendor != rows[i].vendor))
            fail_msg("'%s': %d, '%s', class %06x, vendor %04x", rows[i].title, known, name,
                     f.class, f.vendor);
    }
    pci_names_close(names);
}

static void test_vendors(void **state)
{
    static const char *const rows[][2] = {
        { "Intel Corporation", "Intel" },
        { "Advanced Micro Devices, Inc. [AMD/ATI]", "AMD/ATI" },
        { "Red Hat, Inc.", "Red Hat" },
        { "Realtek Semiconductor Co., Ltd.", "Realtek" },
        { "Samsung Electronics Co Ltd", "Samsung" },
        { "Broadcom Inc. and subsidiaries", "Broadcom" },
        { "O2 Micro, Inc.", "O2 Micro" },
        { "Inc.", "Inc." },
        { "SK hynix", "SK hynix" },
        { "[]", "[]" },
        { "", "" },
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        strcpy(text, rows[i][0]);
        pci_names_cut_vendor(text);
        assert_string_equal(text, rows[i][1]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, host_tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rcba),
        TEST(test_rcba_off),
        TEST(test_rcba_beside_sysfs),
        TEST(test_virtual_functions),
        TEST(test_vmd),
        TEST(test_vmd_unknown),
        TEST(test_asleep),
        cmocka_unit_test(test_titles),
        cmocka_unit_test(test_vendors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
