/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces in use: addresses, routes, and the layers on an interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_tree.h"
#include "../fake/fake_xs.h"
#include "inuse/netaddr.h"
#include "inuse_machine.h"

#define NIC "sys/devices/pci0000:00/0000:02:00.0"
#define VIRTUAL "sys/devices/virtual/net"

static const struct bdf nic = { 0, 2, 0, 0 };
static struct root *root;

static int setup(void **state)
{
    (void)state;
    tree_begin();
    store_begin();
    tree_mkdir(NIC);
    tree_sys_link("sys/bus/pci/devices/0000:02:00.0", NIC);
    add_kdev("class/net", "eth1", NIC "/net/eth1");
    add_kdev("class/net", "lo", VIRTUAL "/lo");
    tree_write("Iface\tDestination\tGateway\n", "proc/net/route");
    tree_write("", "proc/net/if_inet6");
    root = tree_root();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    root = root_close(root);
    tree_end();
    return 0;
}

/* Stacks upper on lower, with the kernel's links. */
static void stack(const char *upper, const char *lower)
{
    char link[PATH_MAX], to[PATH_MAX];

    if (!root_existsf(root, "sys/class/net/%s", upper))
        add_kdev("class/net", upper, VIRTUAL "/%s", upper);
    snprintf(link, sizeof(link), "%s/%s/upper_%s", strcmp(lower, "eth1") ? VIRTUAL : NIC "/net",
             lower, upper);
    snprintf(to, sizeof(to), VIRTUAL "/%s", upper);
    tree_sys_link(link, to);
    snprintf(link, sizeof(link), VIRTUAL "/%s/lower_%s", upper, lower);
    snprintf(to, sizeof(to), "sys/class/net/%s", lower);
    tree_sys_link(link, to);
}

static void route(const char *ifname, const char *dest, const char *gateway, const char *mask)
{
    char line[256];

    snprintf(line, sizeof(line), "%s\t%s\t%s\t0001\t0\t0\t0\t%s\t0\t0\t0\n", ifname, dest,
             gateway, mask);
    tree_append(line, "proc/net/route");
}

static const char *holders(void)
{
    return in_use(root, nic);
}

static void test_idle(void **state)
{
    (void)state;
    assert_string_equal(holders(), "");
    tree_remove("proc/net/route"); /* a kernel without IPv4 */
    tree_remove("proc/net/if_inet6");
    assert_string_equal(holders(), "");
}

static void test_ipv6(void **state)
{
    (void)state;
    tree_write("fe80000000000000021b21fffe000001 03 40 20 80     eth1\n"
               "febf0000000000000000000000000001 03 40 20 80     eth1\n"
               "20010db8000000000000000000000002 04 40 00 80    eth10\n"
               "00000000000000000000000000000001 01 80 10 80       lo\n", "proc/net/if_inet6");
    assert_string_equal(holders(), "");
    tree_append("20010db8000000000000000000000001 03 40 00 80     eth1\n", "proc/net/if_inet6");
    assert_string_equal(holders(), "address: eth1 > 2001:db8::1");
    tree_write("fec00000000000000000000000000001 03 40 20 80     eth1\n", "proc/net/if_inet6");
    assert_string_equal(holders(), "address: eth1 > fec0::1");
}

/* Link-local and multicast routes come with every interface that is up. */
static void test_ipv6_routes(void **state)
{
    (void)state;
    tree_write("fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
               "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth1\n"
               "ff000000000000000000000000000000 08 00000000000000000000000000000000 00 "
               "00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth1\n"
               "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
               "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n",
               "proc/net/ipv6_route");
    assert_string_equal(holders(), "");
    tree_append("20010db8000100000000000000000000 30 00000000000000000000000000000000 00 "
                "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth1\n",
                "proc/net/ipv6_route");
    assert_string_equal(holders(), "route: eth1 > route to 2001:db8:1::/48");
    tree_append("00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth1\n",
                "proc/net/ipv6_route");
    assert_string_equal(holders(), "route: eth1 > default route");
}

static void test_ipv4(void **state)
{
    (void)state;
    route("eth10", "00000000", "0102000A", "00000000");
    route("eth1", "0000FEA9", "00000000", "0000FFFF"); /* 169.254.0.0/16 */
    assert_string_equal(holders(), "");
    route("eth1", "0000000A", "00000000", "000000FF");
    assert_string_equal(holders(), "route: eth1 > route to 10.0.0.0/8");
    tree_write("Main:\n  +-- 0.0.0.0/0 3 0 5\n     +-- 10.0.0.0/8 2 0 2\n"
               "        |-- 10.0.0.0\n           /8 link UNICAST\n"
               "        |-- 10.0.0.7\n           /32 host LOCAL\n"
               "        |-- 10.255.255.255\n           /32 link BROADCAST\n"
               "     |-- 127.0.0.1\n        /32 host LOCAL\n", "proc/net/fib_trie");
    assert_string_equal(holders(), "address: eth1 > 10.0.0.7");
    route("eth1", "00000000", "0100000A", "00000000");
    assert_string_equal(holders(), "address: eth1 > 10.0.0.7; route: eth1 > default route");
}

static void test_kinds(void **state)
{
    static const struct {
        const char *name, *uevent, *want;
    } kinds[] = {
        { "eth1.10", "DEVTYPE=vlan\nINTERFACE=eth1.10\n", "vlan: eth1 > eth1.10" },
        { "vxlan0", "INTERFACE=vxlan0\nDEVTYPE=vxlan\n", "vxlan: eth1 > vxlan0" },
        { "br0", "DEVTYPE=bridge\n", "bridge: eth1 > br0" },
        { "bond0", "DEVTYPE=bond\n", "bond: eth1 > bond0" },
        { "ovs-system", "INTERFACE=ovs-system\n", "Open vSwitch: eth1 > ovs-system" },
        { "team0", "INTERFACE=team0\n", "stacked interface: eth1 > team0" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        stack(kinds[i].name, "eth1");
        tree_write(kinds[i].uevent, VIRTUAL "/%s/uevent", kinds[i].name);
        assert_string_equal(holders(), kinds[i].want);
        tree_remove(NIC "/net/eth1/upper_%s", kinds[i].name);
        assert_string_equal(holders(), "");
    }
}

/* Through every interface on it; a loop ends. */
static void test_stacked(void **state)
{
    (void)state;
    stack("bond0", "eth1");
    stack("bond0.7", "bond0");
    stack("br7", "bond0.7");
    tree_mkdir(VIRTUAL "/br7/bridge");
    assert_string_equal(holders(), "bridge: eth1 > bond0 > bond0.7 > br7");
    tree_write("20010db8000000000000000000000001 03 40 00 80     br7\n"
               "20010db8000000000000000000000002 03 40 00 80     bond0\n", "proc/net/if_inet6");
    assert_string_equal(holders(), "address: eth1 > bond0 > 2001:db8::2; "
                        "address: eth1 > bond0 > bond0.7 > br7 > 2001:db8::1");
    tree_write("", "proc/net/if_inet6");
    stack("bond0", "br7");
    assert_string_equal(holders(), "bridge: eth1 > bond0 > bond0.7 > br7");
}

/* A master without an upper_ link counts; one with such a link is named once. */
static void test_master(void **state)
{
    (void)state;
    tree_mkdir(VIRTUAL "/bond0/bonding");
    tree_sys_link("sys/class/net/bond0", VIRTUAL "/bond0");
    tree_sys_link(NIC "/net/eth1/master", VIRTUAL "/bond0");
    assert_string_equal(holders(), "bond: eth1 > bond0");
    stack("bond0", "eth1");
    assert_string_equal(holders(), "bond: eth1 > bond0");
}

/* Guests that use the interface through a bridge. */
static void test_guests(void **state)
{
    (void)state;
    stack("br0", "eth1");
    add_kdev("class/net", "vif3.0", "sys/devices/vif-3-0/net/vif3.0");
    stack("br0", "vif3.0");
    tree_mkdir(VIRTUAL "/br0/lower_vif3.0-emu");
    assert_string_equal(holders(), "guest's network: eth1 > br0 > vif3.0 > domain 3");
    tree_on_xen = true;
    store_set("/local/domain/3/name", "vm1");
    assert_string_equal(holders(), "guest's network: eth1 > br0 > vif3.0 > vm1");
    store_fail(1, 5);
    assert_non_null(strstr(holders(), "error: 0000:02:00.0: look for its uses in dom0: "));
}

/* If a file cannot be read, the device is not free. */
static void test_unreadable(void **state)
{
    (void)state;
    tree_remove("proc/net/if_inet6");
    tree_mkdir("proc/net/if_inet6");
    assert_non_null(strstr(holders(), "error: 0000:02:00.0: look for its uses in dom0: read "
                           "/proc/net/if_inet6: "));
}

static void test_route_to(void **state)
{
    char ifname[IFNAMSIZ];

    (void)state;
    assert_int_equal(netaddr_route_to("127.0.0.1", ifname), 0);
    assert_string_equal(ifname, "lo");
    assert_int_not_equal(netaddr_route_to("not an address", ifname), 0);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_idle),
        RUN(test_ipv6),
        RUN(test_ipv6_routes),
        RUN(test_ipv4),
        RUN(test_kinds),
        RUN(test_stacked),
        RUN(test_master),
        RUN(test_guests),
        RUN(test_unreadable),
        RUN(test_route_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
