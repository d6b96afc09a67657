/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * groups.h on made-up machines: cards that are known by their ids, what is missing or
 * wrong, the policy, the warnings; and configuration space byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_acpi.h"
#include "../fake/fake_config.h"
#include "config_laws.h"
#include "groups/topology_read.h"
#include "host_tree.h"



static enum group_tie tie(const char *a, const char *b)
{
    return groups_tie(g, bdf(a), bdf(b));
}

static void test_policy(void **state)
{
    static const struct {
        enum group_tie tie;
        enum group_verdict nobody, same, dom0, other;
    } rows[] = {
        { TIE_NONE, GROUP_FINE, GROUP_FINE, GROUP_FINE, GROUP_FINE },
        { TIE_NO_ACS, GROUP_FINE, GROUP_FINE, GROUP_WARN, GROUP_REFUSE },
        { TIE_REQUESTER, GROUP_FINE, GROUP_FINE, GROUP_REFUSE, GROUP_REFUSE },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(group_policy(rows[i].tie, GROUP_NOBODY), rows[i].nobody);
        assert_int_equal(group_policy(rows[i].tie, GROUP_SAME_GUEST), rows[i].same);
        assert_int_equal(group_policy(rows[i].tie, GROUP_DOM0), rows[i].dom0);
        assert_int_equal(group_policy(rows[i].tie, GROUP_OTHER_GUEST), rows[i].other);
    }
}

/* An I350 and an 82571 without ACS, below a port that has it: Linux takes them apart. */
static void test_intel_cards(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config i350 = fake_config(0x8086, 0x1521, PCIE_ENDPOINT, true);
    struct fake_config i82571 = fake_config(0x8086, 0x105e, PCIE_ENDPOINT, true);
    struct fake_config i82574 = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, true);
    struct fake_config other = i82574;

    (void)state;
    config_add_acs(&port);
    config_add_acs(&other);
    config_put("0000:00:01.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:00:02.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:00:03.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &i350, FAKE_NIC);
    config_put("0000:01:00.1", "pci0000:00/0000:00:01.0", &i350, FAKE_NIC);
    config_put("0000:02:00.0", "pci0000:00/0000:00:02.0", &i82571, FAKE_NIC);
    config_put("0000:02:00.1", "pci0000:00/0000:00:02.0", &i82571, FAKE_NIC);
    config_put("0000:03:00.0", "pci0000:00/0000:00:03.0", &i82574, FAKE_NIC);
    config_put("0000:03:00.1", "pci0000:00/0000:00:03.0", &i82574, FAKE_NIC);
    config_put("0000:03:00.2", "pci0000:00/0000:00:03.0", &other, FAKE_NIC);
    host_tree_open();
    assert_int_equal(tie("01:00.0", "01:00.1"), TIE_NONE);
    assert_int_equal(tie("02:00.0", "02:00.1"), TIE_NONE);
    assert_int_equal(tie("03:00.0", "03:00.1"), TIE_NO_ACS);
    assert_int_equal(tie("03:00.0", "03:00.2"), TIE_NONE);
}

#define SWITCH "pci0000:00/0000:00:01.0/0000:01:00.0"

/* Both kinds of tie in one group: the reason for each peer names the right one. */
static void test_mixed_group(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config up = fake_config(0x104c, 0x8232, PCIE_UPSTREAM, false);
    struct fake_config down = fake_config(0x104c, 0x8233, PCIE_DOWNSTREAM, false);
    struct fake_config bridge = fake_config(0x1b36, 0x000e, PCIE_TO_PCI, false);
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false), old = nic;
    struct group_peer *peers;
    struct err e;
    size_t n;

    (void)state;
    old.bytes[0x06] = 0;
    config_put("0000:00:01.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &up, FAKE_BRIDGE);
    config_put("0000:02:00.0", SWITCH, &down, FAKE_BRIDGE);
    config_put("0000:02:01.0", SWITCH, &down, FAKE_BRIDGE);
    config_put("0000:03:00.0", SWITCH "/0000:02:00.0", &bridge, FAKE_BRIDGE);
    config_put("0000:04:01.0", SWITCH "/0000:02:00.0/0000:03:00.0", &old, FAKE_NIC);
    config_put("0000:04:02.0", SWITCH "/0000:02:00.0/0000:03:00.0", &old, FAKE_NIC);
    config_put("0000:05:00.0", SWITCH "/0000:02:01.0", &nic, FAKE_NIC);
    host_tree_open();
    assert_int_equal(groups_peers(g, bdf("04:02.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 2);
    assert_int_equal(peers[0].tie, TIE_REQUESTER);
    assert_string_equal(peers[0].reason, "0000:03:00.0, a PCIe-to-PCI bridge, gives all devices "
                        "behind it one requester ID");
    assert_string_equal(BDF_STR(peers[1].bdf), "0000:05:00.0");
    assert_int_equal(peers[1].tie, TIE_NO_ACS);
    assert_string_equal(peers[1].reason, "0000:00:01.0, a root port, has no ACS");
    free(peers);
}

/* Two bridges to PCI in one device: what ties those below is the device, not either bridge. */
static void test_reason_is_of_the_tie(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config bridge = fake_config(0x8086, 0x032c, PCIE_TO_PCI, true);
    struct fake_config nic = fake_config(0x8086, 0x100e, PCIE_ENDPOINT, false);
    struct group_peer *peers;
    struct err e;
    size_t n;

    (void)state;
    config_add_acs(&port);
    nic.bytes[0x06] = 0;
    config_put("0000:00:01.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &bridge, FAKE_BRIDGE);
    config_put("0000:01:00.2", "pci0000:00/0000:00:01.0", &bridge, FAKE_BRIDGE);
    config_put("0000:02:01.0", "pci0000:00/0000:00:01.0/0000:01:00.0", &nic, FAKE_NIC);
    config_put("0000:03:01.0", "pci0000:00/0000:00:01.0/0000:01:00.2", &nic, FAKE_NIC);
    host_tree_open();
    assert_int_equal(groups_peers(g, bdf("02:01.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_int_equal(peers[0].tie, TIE_NO_ACS);
    assert_string_equal(peers[0].reason, "0000:01:00.2 and 0000:01:00.0 are functions of one "
                                         "device that has no ACS");
    free(peers);
}

/* Any bus that no bridge leads to may be below a bridge that does not tell its bus. */
static void test_blind_bridge_without_links(void **state)
{
    struct fake_config bridge = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);

    (void)state;
    config_add_acs(&bridge);
    bridge.len = 24;
    config_put("0000:00:01.0", "x", &bridge, FAKE_BRIDGE);
    config_put("0000:01:00.0", "x", &nic, FAKE_NIC);
    config_put("0000:01:01.0", "x", &nic, FAKE_NIC);
    config_put("0000:00:02.0", "x", &nic, FAKE_NIC);
    config_put("0001:01:00.0", "x", &nic, FAKE_NIC);
    config_put("0001:01:01.0", "x", &nic, FAKE_NIC);
    host_tree_open();
    assert_int_equal(tie("01:00.0", "01:01.0"), TIE_REQUESTER);
    assert_int_equal(tie("00:02.0", "01:01.0"), TIE_NONE);
    assert_int_equal(tie("0001:01:00.0", "0001:01:01.0"), TIE_NONE);
}

/*
 * A PCH root port without ACS holds on to what is below it, unless the LPC bridge shows
 * that its registers can do the same.
 */
static void test_pch_port(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x1c10, PCIE_ROOT_PORT, false);
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    struct fake_config lpc = fake_config(0x8086, 0x1c54, PCIE_ENDPOINT, true);

    (void)state;
    for (int enabled = 0; enabled < 2; enabled++) {
        lpc.bytes[0x06] = 0;
        lpc.bytes[0xf0] = (uint8_t)enabled;
        lpc.bytes[0xf2] = 0xd1;
        config_put("0000:00:1c.0", "pci0000:00", &port, FAKE_BRIDGE);
        config_put("0000:00:1f.0", "pci0000:00", &lpc, "0x060100\n");
        config_put("0000:01:00.0", "pci0000:00/0000:00:1c.0", &nic, FAKE_NIC);
        host_tree_open();
        assert_int_equal(tie("00:1c.0", "01:00.0"), enabled ? TIE_NONE : TIE_NO_ACS);
    }
}

/* 256 bytes do not show ACS, and the reason says so. */
static void test_no_extended_config(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    char reason[GROUP_REASON_MAX];

    (void)state;
    config_add_acs(&port);
    port.len = 256;
    config_put("0000:00:01.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &nic, FAKE_NIC);
    host_tree_open();
    assert_int_equal(tie("00:01.0", "01:00.0"), TIE_NO_ACS);
    groups_reason(g, &groups_of(g, bdf("01:00.0"))->edges[0], reason);
    assert_string_equal(reason, "0000:00:01.0, a root port, shows no extended configuration "
                                "space, so ACS counts as absent");
}

static void test_vmd(void **state)
{
    struct fake_config vmd = fake_config(0x8086, 0x9a0b, PCIE_RC_ENDPOINT, false);
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config nvme = fake_config(0x144d, 0xa808, PCIE_ENDPOINT, false);

    (void)state;
    config_add_acs(&port);
    config_put("0000:00:0e.0", "pci0000:00", &vmd, "0x010400\n");
    config_put("10000:e0:06.0", "pci0000:00/0000:00:0e.0/pci10000:e0", &port, FAKE_BRIDGE);
    config_put("10000:e1:00.0", "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0", &nvme,
        "0x010802\n");
    host_tree_open();
    assert_int_equal(tie("00:0e.0", "10000:e1:00.0"), TIE_REQUESTER);
    assert_int_equal(tie("00:0e.0", "10000:e0:06.0"), TIE_REQUESTER);
}

/* Functions without any file, or with a link to nowhere, still count. */
static void test_missing_files(void **state)
{
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    struct group_warning *warnings;
    struct err e;
    size_t n;

    (void)state;
    /* its bridge is missing */
    config_put("0000:01:00.0", "pci0000:00/0000:00:01.0", &nic, FAKE_NIC);
    config_put("0000:01:00.1", "pci0000:00/0000:00:01.0", &nic, FAKE_NIC);
    config_put("0000:02:00.0", "pci0000:00/0000:00:02.0", &nic, FAKE_NIC);
    config_put("0000:00:05.0", "pci0000:00", &nic, FAKE_NIC);
    tree_remove("sys/devices/pci0000:00/0000:00:05.0/config");
    host_tree_open();
    assert_int_equal(inventory_count(inv), 4);
    assert_int_equal(tie("01:00.0", "01:00.1"), TIE_REQUESTER);
    assert_int_equal(tie("01:00.0", "02:00.0"), TIE_NONE);
    assert_int_equal(groups_warnings(g, root, &warnings, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(warnings[0].kind, "config-unreadable");
    assert_int_equal(warnings[0].n_devices, 1);
    assert_string_equal(BDF_STR(warnings[0].devices[0]), "0000:00:05.0");
    group_warnings_free(warnings, n);
}

static void put_lines(const char *name, unsigned pin, const char *irq, const char *resource)
{
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);

    nic.bytes[0x3d] = (uint8_t)pin;
    config_put(name, "pci0000:00", &nic, FAKE_NIC);
    tree_write(irq, "sys/devices/pci0000:00/%s/irq", name);
    tree_write(resource, "sys/devices/pci0000:00/%s/resource", name);
}

static void test_warnings(void **state)
{
    struct group_warning *w;
    struct err e;
    size_t n;

    (void)state;
    put_lines("0000:00:01.0", 1, "16\n", "0xfe000000 0xfe0007ff 0x40200\n");
    put_lines("0000:00:02.0", 2, "16\n", "0x00000000 0x00000000 0x00000\n"
                                         "0xfe000800 0xfe0017ff 0x40200\n");
    put_lines("0000:00:03.0", 0, "16\n", "0xfe002000 0xfe002fff 0x40200\n");  /* has no line */
    put_lines("0000:00:04.0", 1, "17\n", "0xfe001800 0xfe0018ff 0x40101\n");  /* I/O ports */
    put_lines("0000:00:05.0", 1, "0\n", "0xfe003000 0xfe0030ff 0x40200\n"
                                        "0xfe003100 0xfe0031ff 0x40200\n");   /* its own */
    put_lines("0000:00:06.0", 1, "0\n", "garbage\n");
    put_lines("0000:00:07.0", 1, "99999999999999999999\n", "");
    put_lines("0000:00:08.0", 1, "99999999999999999999\n", "0xfe001900 0xfe00190f 0x40200\n");
    host_tree_open();
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 3);
    assert_string_equal(w[0].kind, "shared-intx");
    assert_int_equal(w[0].n_devices, 2);
    assert_string_equal(BDF_STR(w[0].devices[1]), "0000:00:02.0");
    assert_string_equal(w[0].message, "2 functions share interrupt line 16: a guest that has one "
                        "of them can block the others");
    assert_string_equal(w[1].kind, "shared-page");
    assert_int_equal(w[1].n_devices, 2);
    assert_string_equal(w[1].message, "BARs of 2 functions lie on one page at 0xfe000000: a guest "
                        "that has one of them can access the others");
    assert_int_equal(w[2].n_devices, 2);
    assert_string_equal(BDF_STR(w[2].devices[0]), "0000:00:02.0");
    assert_string_equal(BDF_STR(w[2].devices[1]), "0000:00:08.0");
    group_warnings_free(w, n);
}

static void test_acs_off(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct group_warning *w;
    struct err e;
    size_t n;

    (void)state;
    config_add_acs(&port);
    config_put("0000:00:01.0", "pci0000:00", &port, FAKE_BRIDGE);
    config_set16(&port, 0x14e, 0x001d);
    config_put("0000:00:02.0", "pci0000:00", &port, FAKE_BRIDGE);
    host_tree_open();
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 0);     /* no Xen, so it is not switched on */
    group_warnings_free(w, n);
    tree_write("control_d\n", "proc/xen/capabilities");
    host_tree_open();
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(w[0].kind, "acs-off");
    assert_int_equal(w[0].n_devices, 1);
    group_warnings_free(w, n);
}

/* Where the capability has dwords, the word at +6 is the upper half of the first one. */
static void test_acs_dwords(void **state)
{
    static const struct {
        unsigned device;
        uint16_t on;
        bool warned;
    } rows[] = {
        { 0xa294, 0x000d, false }, { 0xa294, 0, true }, { 0xa110, 0x001d, false },
        { 0x9d18, 0x000f, false }, { 0x2030, 0x000d, true },
    };
    struct group_warning *w;
    struct err e;
    size_t n;

    (void)state;
    tree_write("control_d\n", "proc/xen/capabilities");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fake_config port = fake_config(0x8086, rows[i].device, PCIE_ROOT_PORT, false);

        config_add_acs(&port);
        config_set16(&port, 0x14c, 0x000f);
        config_set16(&port, 0x150, rows[i].on);
        config_put("0000:00:1c.0", "pci0000:00", &port, FAKE_BRIDGE);
        host_tree_open();
        assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
        assert_int_equal(n, rows[i].warned);
        group_warnings_free(w, n);
        tree_remove(DEVICES "/0000:00:1c.0");
    }
}

/* Firmware gives two functions the requester id of a third one, and three regions to all. */
static void test_ivrs(void **state)
{
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    struct fake_table t = { .len = 0 };
    struct group_warning *w;
    struct err e;
    size_t n;

    (void)state;
    for (int slot = 2; slot < 6; slot++) {
        char name[] = "0000:00:02.0";

        name[9] = (char)('0' + slot);
        config_put(name, "pci0000:00", &nic, FAKE_NIC);
    }
    table_begin(&t, "IVRS");
    table_ivhd(&t, 0x10, 0x02);
    table_entry(&t, 66, 0x18, 0x0800);      /* 00:03.0 and 00:05.0 use 08:00.0's */
    table_entry(&t, 66, 0x28, 0x0800);
    table_entry(&t, 66, 0x20, 0x10);        /* 00:04.0 uses 00:02.0's */
    for (unsigned i = 0; i < 3; i++)
        table_ivmd(&t, 0x22, 0x10, 0x28, 0x10000 * (i + 1), 0x1000);
    table_ivmd(&t, 0x22, 0x10, 0x20, 0x50000, 0x1000);
    table_end(&t);
    tree_write_bytes(t.bytes, t.len, "sys/firmware/acpi/tables/IVRS");
    host_tree_open();
    assert_int_equal(tie("00:03.0", "00:05.0"), TIE_REQUESTER);
    assert_int_equal(tie("00:02.0", "00:04.0"), TIE_REQUESTER);
    assert_int_equal(tie("00:02.0", "00:03.0"), TIE_NONE);
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 2);
    assert_string_equal(w[0].kind, "ivmd");
    assert_int_equal(w[0].n_devices, 4);
    assert_string_equal(w[0].what, "0x10000-0x10fff and 2 more regions");
    assert_int_equal(w[1].n_devices, 3);
    group_warnings_free(w, n);
}

/* A link that ends in a slash is the function's own, not its parent's. */
static void test_trailing_slash(void **state)
{
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);

    (void)state;
    config_put("0000:00:02.0", "pci0000:00", &nic, FAKE_NIC);
    tree_remove(DEVICES "/0000:00:02.0");
    tree_link("../../../devices/pci0000:00/0000:00:02.0//", DEVICES "/0000:00:02.0");
    host_tree_open();
    assert_int_equal(groups_facts(g)[0].above, ABOVE_ROOT);
}

/* Configuration space, byte by byte */

static struct topology_fn parse(const struct fake_config *c)
{
    struct topology_fn fn = { .above = ABOVE_ROOT };
    uint8_t *copy = malloc(c->len + 1);     /* so that a sanitizer sees its end */

    assert_non_null(copy);
    memcpy(copy, c->bytes, c->len);
    copy = realloc(copy, c->len ? c->len : 1);
    topology_parse_config(copy, c->len, &fn);
    free(copy);
    return fn;
}

static void test_parse(void **state)
{
    struct fake_config c = fake_config(0x8086, 0x2030, PCIE_DOWNSTREAM, true);
    struct topology_fn fn;

    (void)state;
    config_add_acs(&c);
    for (c.len = 0; c.len <= sizeof(c.bytes); c.len++) {
        fn = parse(&c);
        assert_int_equal(fn.config_short, c.len < 0xa4);
        assert_int_equal(fn.pcie, c.len >= 0xa4);
        assert_int_equal(fn.acs == ACS_PRESENT, c.len >= 0x150);
        assert_true(fn.multifunction);
    }
    c.len = sizeof(c.bytes);
    fn = parse(&c);
    assert_int_equal(fn.pcie_type, PCIE_DOWNSTREAM);
    assert_int_equal(fn.header, 1);
    assert_int_equal(fn.acs_cap, 0x1d);

    memset(c.bytes, 0xff, sizeof(c.bytes));     /* a function that has left the bus */
    fn = parse(&c);
    assert_true(fn.config_short);

    c = fake_config(0x8086, 0x2030, PCIE_DOWNSTREAM, false);
    config_set16(&c, 0xa0, 0x4011);                    /* a list that runs in a circle */
    fn = parse(&c);
    assert_false(fn.pcie);
    c = fake_config(0x8086, 0x2030, PCIE_DOWNSTREAM, false);
    config_set16(&c, 0x40, 0xa0ff);                    /* an absent capability reads as ones */
    fn = parse(&c);
    assert_false(fn.pcie);
    c = fake_config(0x8086, 0x2030, PCIE_DOWNSTREAM, false);
    config_set16(&c, 0x102, 0x1001);
    fn = parse(&c);
    assert_int_equal(fn.acs, ACS_ABSENT);
}

static uint32_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void test_parse_garbage(void **state)
{
    struct fake_config c;

    (void)state;
    for (uint32_t round = 1; round <= 5000; round++) {
        seed = round * 2654435761u;
        c = fake_config(draw(65536), draw(65536), (enum pcie_type)draw(16), draw(2));
        for (unsigned i = draw(200); i; i--)
            c.bytes[draw(3) ? draw(256) : draw(4096)] = (uint8_t)draw(256);
        c.len = draw(4) ? draw(4097) : draw(300);
        config_laws(c.bytes, c.len);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_tree_setup, host_tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_policy),
        TEST(test_intel_cards),
        TEST(test_mixed_group),
        TEST(test_reason_is_of_the_tie),
        TEST(test_blind_bridge_without_links),
        TEST(test_pch_port),
        TEST(test_no_extended_config),
        TEST(test_vmd),
        TEST(test_missing_files),
        TEST(test_warnings),
        TEST(test_acs_off),
        TEST(test_acs_dwords),
        TEST(test_trailing_slash),
        TEST(test_ivrs),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
