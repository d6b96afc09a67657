/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * groups.h on machines in a folder: those of the oracle (tests/lab/oracle), with what Linux
 * made of them; made-up cards; and machines with something missing or wrong.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fake/fake_tree.h"
#include "groups.h"
#include "topology_read.h"

#define DEVICES "sys/bus/pci/devices"
#define MAX 256

static struct root *root;
static struct inventory *inv;
static struct groups *g;

static int setup(void **state)
{
    (void)state;
    tree_begin();
    tree_mkdir(DEVICES);
    return 0;
}

static void close_groups(void)
{
    g = groups_close(g);
    inv = inventory_close(inv);
    root = root_close(root);
}

static int teardown(void **state)
{
    (void)state;
    close_groups();
    tree_end();
    return 0;
}

static void open_groups(void)
{
    struct err e;

    close_groups();
    root = tree_root();
    if (inventory_open(&inv, root, &e) || groups_open(&g, root, inv, &e))
        fail_msg("%s", e.message);
}

static struct bdf bdf(const char *text)
{
    struct bdf ret = { 0 };
    struct err e;

    if (bdf_parse(text, &ret, &e))
        fail_msg("%s", e.message);
    return ret;
}

static enum group_tie tie(const char *a, const char *b)
{
    return groups_tie(g, bdf(a), bdf(b));
}

/* The oracle's machines */

static const char *const machines[] = {
    "base", "conventional", "functions", "many", "sriov", "switches",
};

/* "tests/unit/host/machines", from where this file was compiled. */
static void fixture(char buf[PATH_MAX], const char *name, const char *suffix)
{
    const char *slash = strrchr(__FILE__, '/');

    snprintf(buf, PATH_MAX, "%.*s/machines/%s%s", (int)(slash - __FILE__), __FILE__, name,
             suffix);
}

static void unpack(const char *name)
{
    char path[PATH_MAX], command[2 * PATH_MAX + 32];

    fixture(path, name, ".tar.gz");
    snprintf(command, sizeof(command), "tar -xzf '%s' -C '%s'", path, tree_dir());
    assert_int_equal(system(command), 0);
}

/* What Linux said: each function, and the lowest of its group. */
static size_t read_expected(const char *name, struct bdf fns[MAX], struct bdf lowest[MAX])
{
    char path[PATH_MAX], a[32], b[32];
    size_t n = 0;
    FILE *f;

    fixture(path, name, ".groups");
    f = fopen(path, "r");
    assert_non_null(f);
    while (n < MAX && fscanf(f, "%31s %31s", a, b) == 2) {
        fns[n] = bdf(a);
        lowest[n++] = bdf(b);
    }
    fclose(f);
    return n;
}

static void assert_as_linux(const char *name)
{
    struct bdf fns[MAX], lowest[MAX];
    size_t n = read_expected(name, fns, lowest);

    assert_int_equal(n, inventory_count(inv));
    for (size_t i = 0; i < n; i++) {
        const struct group *group = groups_of(g, fns[i]);

        assert_non_null(group);
        if (!bdf_equal(inventory_at(inv, group->id)->bdf, lowest[i]))
            fail_msg("%s: %s: xvtd groups it with %s, Linux otherwise", name, BDF_STR(fns[i]),
                     BDF_STR(inventory_at(inv, group->id)->bdf));
    }
}

static void test_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
        teardown(NULL);
        setup(NULL);
        unpack(machines[i]);
        open_groups();
        assert_as_linux(machines[i]);
    }
}

/* Calls fn for each function, with its folder below the tree. */
static void each_device(void (*fn)(const char *name))
{
    char path[PATH_MAX], names[MAX][32];
    struct dirent *entry;
    size_t n = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/" DEVICES, tree_dir());
    dir = opendir(path);
    assert_non_null(dir);
    while (n < MAX && (entry = readdir(dir)))
        if (*entry->d_name != '.')
            snprintf(names[n++], sizeof(*names), "%.31s", entry->d_name);
    closedir(dir);
    for (size_t i = 0; i < n; i++)
        fn(names[i]);
}

/* Gives the function a folder of its own instead of the link. */
static void flatten(const char *name)
{
    static const char *const files[] = { "config", "class", "vendor", "device", "physfn" };
    char from[PATH_MAX], to[PATH_MAX];

    snprintf(from, sizeof(from), "%s/flat", tree_dir());
    mkdir(from, 0755);
    snprintf(from, sizeof(from), "%s/flat/%s", tree_dir(), name);
    assert_int_equal(mkdir(from, 0755), 0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(from, sizeof(from), "%s/" DEVICES "/%s/%s", tree_dir(), name, files[i]);
        snprintf(to, sizeof(to), "%s/flat/%s/%s", tree_dir(), name, files[i]);
        if (rename(from, to) && i < 4)
            fail_msg("%s: cannot be moved", from);
    }
}

/* A tree without links tells places by the bridges' bus numbers. */
static void test_machines_without_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
        char from[PATH_MAX], to[PATH_MAX];

        teardown(NULL);
        setup(NULL);
        unpack(machines[i]);
        each_device(flatten);
        snprintf(from, sizeof(from), "%s/sys", tree_dir());
        snprintf(to, sizeof(to), "%s/old", tree_dir());
        assert_int_equal(rename(from, to), 0);
        tree_mkdir("sys/bus/pci");
        snprintf(from, sizeof(from), "%s/flat", tree_dir());
        snprintf(to, sizeof(to), "%s/" DEVICES, tree_dir());
        assert_int_equal(rename(from, to), 0);
        open_groups();
        assert_as_linux(machines[i]);
    }
}

static off_t cut_at;

static void cut_config(const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/" DEVICES "/%s/config", tree_dir(), name);
    if (truncate(path, cut_at))
        fail_msg("cannot cut %s", path);
}

/* Of less that is known, more is kept together: never is anything taken apart. */
static void test_short_config_is_coarser(void **state)
{
    static const off_t sizes[] = { 4095, 0x150, 256, 255, 128, 64, 63, 0 };

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
        struct bdf fns[MAX], lowest[MAX];
        size_t n = read_expected(machines[m], fns, lowest);

        teardown(NULL);
        setup(NULL);
        unpack(machines[m]);
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
            cut_at = sizes[s];
            each_device(cut_config);
            open_groups();
            for (size_t i = 0; i < n; i++)
                if (groups_of(g, fns[i]) != groups_of(g, lowest[i]))
                    fail_msg("%s cut at %ld: %s parts with %s", machines[m], (long)cut_at,
                             BDF_STR(fns[i]), BDF_STR(lowest[i]));
        }
    }
}

static uint32_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void spoil_config(const char *name)
{
    uint8_t bytes[64];
    char path[PATH_MAX];
    FILE *f;

    if (draw(2))
        return;
    snprintf(path, sizeof(path), "%s/" DEVICES "/%s/config", tree_dir(), name);
    f = fopen(path, "r+");
    assert_non_null(f);
    for (int i = 0; i < 4; i++) {
        fseek(f, draw(3) ? draw(256) : draw(4096 - 64), SEEK_SET);
        for (size_t b = 0; b < sizeof(bytes); b++)
            bytes[b] = (uint8_t)draw(256);
        fwrite(bytes, 1, draw(sizeof(bytes)), f);
    }
    fclose(f);
}

static void test_garbage_config(void **state)
{
    (void)state;
    for (seed = 1; seed < 40; seed++) {
        uint32_t keep = seed;
        struct group_warning *warnings;
        struct group_peer *peers;
        struct err e;
        size_t n;

        teardown(NULL);
        setup(NULL);
        unpack(machines[keep % ARRAY_LEN(machines)]);
        each_device(spoil_config);
        open_groups();
        for (size_t i = 0; i < inventory_count(inv); i++) {
            assert_int_equal(groups_peers(g, inventory_at(inv, i)->bdf, &peers, &n, &e), 0);
            for (size_t p = 0; p < n; p++)
                assert_true(*peers[p].reason && peers[p].tie != TIE_NONE);
            free(peers);
        }
        assert_int_equal(groups_warnings(g, root, &warnings, &n, &e), 0);
        group_warnings_free(warnings, n);
        seed = keep;
    }
}

static void test_peers(void **state)
{
    struct group_peer *peers;
    struct err e;
    size_t n;

    (void)state;
    unpack("base");
    tree_sys_link(DEVICES "/0000:04:02.0/driver", "sys/bus/pci/drivers/8139cp");
    open_groups();
    assert_int_equal(groups_peers(g, bdf("04:01.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(BDF_STR(peers[0].bdf), "0000:04:02.0");
    assert_int_equal(peers[0].tie, TIE_REQUESTER);
    assert_true(peers[0].native);
    assert_string_equal(peers[0].driver, "8139cp");
    assert_string_equal(peers[0].reason, "0000:03:00.0, a PCIe-to-PCI bridge, gives all that is "
                                         "behind it one requester id");
    free(peers);

    assert_int_equal(groups_peers(g, bdf("09:00.1"), &peers, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_int_equal(peers[0].tie, TIE_NO_ACS);
    assert_false(peers[0].native);
    assert_string_equal(peers[0].reason, "0000:09:00.1 and 0000:09:00.0 are functions of one "
                                         "device that has no ACS");
    free(peers);

    /* The switch's port does not count, nor does anything of another group. */
    assert_int_equal(groups_peers(g, bdf("07:00.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 0);
    assert_null(peers);
    assert_int_equal(groups_peers(g, bdf("77:00.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 0);
    assert_int_equal(tie("07:00.0", "06:00.0"), TIE_NO_ACS);
    assert_int_equal(tie("07:00.0", "08:00.0"), TIE_NONE);
    assert_int_equal(tie("07:00.0", "77:00.0"), TIE_NONE);
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

/* Made-up cards */

struct config {
    uint8_t bytes[4096];
    size_t len;
};

static void set16(struct config *c, size_t at, unsigned value)
{
    c->bytes[at] = (uint8_t)value;
    c->bytes[at + 1] = (uint8_t)(value >> 8);
}

/* A function with power management, MSI and PCIe capabilities, and AER behind them. */
static struct config config(unsigned vendor, unsigned device, enum pcie_type type,
                            bool multifunction)
{
    bool bridge = type >= PCIE_ROOT_PORT && type <= PCI_TO_PCIE;
    struct config c = { .len = sizeof(c.bytes) };

    set16(&c, 0x00, vendor);
    set16(&c, 0x02, device);
    set16(&c, 0x06, 0x0010);
    c.bytes[0x0e] = (uint8_t)(bridge | multifunction << 7);
    c.bytes[0x34] = 0x40;
    set16(&c, 0x40, 0x5001);
    set16(&c, 0x50, 0xa005);
    set16(&c, 0xa0, 0x0010);
    set16(&c, 0xa2, 2 | (unsigned)type << 4);
    set16(&c, 0x100, 0x0001);
    set16(&c, 0x102, 0x0001);
    return c;
}

static void add_acs(struct config *c)
{
    set16(c, 0x102, 0x1481);
    set16(c, 0x148, 0x000d);
    set16(c, 0x14a, 0x0001);
    set16(c, 0x14c, 0x001d);
}

/* parent: "pci0000:00" or "pci0000:00/0000:00:1c.0". */
static void put(const char *name, const char *parent, const struct config *c, const char *class)
{
    char path[PATH_MAX], text[16];

    tree_mkdir("sys/devices/%s/%s", parent, name);
    snprintf(path, sizeof(path), "../../../devices/%s/%s", parent, name);
    tree_link(path, DEVICES "/%s", name);
    snprintf(text, sizeof(text), "0x%02x%02x\n", c->bytes[1], c->bytes[0]);
    tree_write(text, "sys/devices/%s/%s/vendor", parent, name);
    snprintf(text, sizeof(text), "0x%02x%02x\n", c->bytes[3], c->bytes[2]);
    tree_write(text, "sys/devices/%s/%s/device", parent, name);
    tree_write(class, "sys/devices/%s/%s/class", parent, name);
    tree_write_bytes(c->bytes, c->len, "sys/devices/%s/%s/config", parent, name);
}

#define BRIDGE "0x060400\n"
#define NIC "0x020000\n"

/* An I350 and an 82571 without ACS, below a port that has it: Linux takes them apart. */
static void test_intel_cards(void **state)
{
    struct config port = config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct config i350 = config(0x8086, 0x1521, PCIE_ENDPOINT, true);
    struct config i82571 = config(0x8086, 0x105e, PCIE_ENDPOINT, true);
    struct config i82574 = config(0x8086, 0x10d3, PCIE_ENDPOINT, true);
    struct config other = i82574;

    (void)state;
    add_acs(&port);
    add_acs(&other);
    put("0000:00:01.0", "pci0000:00", &port, BRIDGE);
    put("0000:00:02.0", "pci0000:00", &port, BRIDGE);
    put("0000:00:03.0", "pci0000:00", &port, BRIDGE);
    put("0000:01:00.0", "pci0000:00/0000:00:01.0", &i350, NIC);
    put("0000:01:00.1", "pci0000:00/0000:00:01.0", &i350, NIC);
    put("0000:02:00.0", "pci0000:00/0000:00:02.0", &i82571, NIC);
    put("0000:02:00.1", "pci0000:00/0000:00:02.0", &i82571, NIC);
    put("0000:03:00.0", "pci0000:00/0000:00:03.0", &i82574, NIC);
    put("0000:03:00.1", "pci0000:00/0000:00:03.0", &i82574, NIC);
    put("0000:03:00.2", "pci0000:00/0000:00:03.0", &other, NIC);
    open_groups();
    assert_int_equal(tie("01:00.0", "01:00.1"), TIE_NONE);
    assert_int_equal(tie("02:00.0", "02:00.1"), TIE_NONE);
    assert_int_equal(tie("03:00.0", "03:00.1"), TIE_NO_ACS);
    assert_int_equal(tie("03:00.0", "03:00.2"), TIE_NONE);
}

#define SWITCH "pci0000:00/0000:00:01.0/0000:01:00.0"

/* Both kinds of tie in one group: each peer is told by the right one. */
static void test_mixed_group(void **state)
{
    struct config port = config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct config up = config(0x104c, 0x8232, PCIE_UPSTREAM, false);
    struct config down = config(0x104c, 0x8233, PCIE_DOWNSTREAM, false);
    struct config bridge = config(0x1b36, 0x000e, PCIE_TO_PCI, false);
    struct config nic = config(0x8086, 0x10d3, PCIE_ENDPOINT, false), old = nic;
    struct group_peer *peers;
    struct err e;
    size_t n;

    (void)state;
    old.bytes[0x06] = 0;
    put("0000:00:01.0", "pci0000:00", &port, BRIDGE);
    put("0000:01:00.0", "pci0000:00/0000:00:01.0", &up, BRIDGE);
    put("0000:02:00.0", SWITCH, &down, BRIDGE);
    put("0000:02:01.0", SWITCH, &down, BRIDGE);
    put("0000:03:00.0", SWITCH "/0000:02:00.0", &bridge, BRIDGE);
    put("0000:04:01.0", SWITCH "/0000:02:00.0/0000:03:00.0", &old, NIC);
    put("0000:04:02.0", SWITCH "/0000:02:00.0/0000:03:00.0", &old, NIC);
    put("0000:05:00.0", SWITCH "/0000:02:01.0", &nic, NIC);
    open_groups();
    assert_int_equal(groups_peers(g, bdf("04:02.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 2);
    assert_int_equal(peers[0].tie, TIE_REQUESTER);
    assert_string_equal(peers[0].reason, "0000:03:00.0, a PCIe-to-PCI bridge, gives all that is "
                                         "behind it one requester id");
    assert_string_equal(BDF_STR(peers[1].bdf), "0000:05:00.0");
    assert_int_equal(peers[1].tie, TIE_NO_ACS);
    assert_string_equal(peers[1].reason, "0000:00:01.0, a root port, has no ACS");
    free(peers);
}

/* Two bridges to PCI in one device: what ties those below is the device, not either bridge. */
static void test_reason_is_of_the_tie(void **state)
{
    struct config port = config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct config bridge = config(0x8086, 0x032c, PCIE_TO_PCI, true);
    struct config nic = config(0x8086, 0x100e, PCIE_ENDPOINT, false);
    struct group_peer *peers;
    struct err e;
    size_t n;

    (void)state;
    add_acs(&port);
    nic.bytes[0x06] = 0;
    put("0000:00:01.0", "pci0000:00", &port, BRIDGE);
    put("0000:01:00.0", "pci0000:00/0000:00:01.0", &bridge, BRIDGE);
    put("0000:01:00.2", "pci0000:00/0000:00:01.0", &bridge, BRIDGE);
    put("0000:02:01.0", "pci0000:00/0000:00:01.0/0000:01:00.0", &nic, NIC);
    put("0000:03:01.0", "pci0000:00/0000:00:01.0/0000:01:00.2", &nic, NIC);
    open_groups();
    assert_int_equal(groups_peers(g, bdf("02:01.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_int_equal(peers[0].tie, TIE_NO_ACS);
    assert_string_equal(peers[0].reason, "0000:01:00.2 and 0000:01:00.0 are functions of one "
                                         "device that has no ACS");
    free(peers);
}

/* Below a bridge that does not tell its bus may be anything that nobody else leads to. */
static void test_blind_bridge_without_links(void **state)
{
    struct config bridge = config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct config nic = config(0x8086, 0x10d3, PCIE_ENDPOINT, false);

    (void)state;
    add_acs(&bridge);
    bridge.len = 24;
    put("0000:00:01.0", "x", &bridge, BRIDGE);
    put("0000:01:00.0", "x", &nic, NIC);
    put("0000:01:01.0", "x", &nic, NIC);
    put("0000:00:02.0", "x", &nic, NIC);
    put("0001:01:00.0", "x", &nic, NIC);
    put("0001:01:01.0", "x", &nic, NIC);
    open_groups();
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
    struct config port = config(0x8086, 0x1c10, PCIE_ROOT_PORT, false);
    struct config nic = config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    struct config lpc = config(0x8086, 0x1c54, PCIE_ENDPOINT, true);

    (void)state;
    for (int enabled = 0; enabled < 2; enabled++) {
        lpc.bytes[0x06] = 0;
        lpc.bytes[0xf0] = (uint8_t)enabled;
        lpc.bytes[0xf2] = 0xd1;
        put("0000:00:1c.0", "pci0000:00", &port, BRIDGE);
        put("0000:00:1f.0", "pci0000:00", &lpc, "0x060100\n");
        put("0000:01:00.0", "pci0000:00/0000:00:1c.0", &nic, NIC);
        open_groups();
        assert_int_equal(tie("00:1c.0", "01:00.0"), enabled ? TIE_NONE : TIE_NO_ACS);
    }
}

/* With 256 bytes nobody can see ACS, and the reason says so. */
static void test_no_extended_config(void **state)
{
    struct config port = config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct config nic = config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    char reason[GROUP_REASON_MAX];

    (void)state;
    add_acs(&port);
    port.len = 256;
    put("0000:00:01.0", "pci0000:00", &port, BRIDGE);
    put("0000:01:00.0", "pci0000:00/0000:00:01.0", &nic, NIC);
    open_groups();
    assert_int_equal(tie("00:01.0", "01:00.0"), TIE_NO_ACS);
    groups_reason(g, &groups_of(g, bdf("01:00.0"))->edges[0], reason);
    assert_string_equal(reason, "0000:00:01.0, a root port, shows no extended configuration "
                                "space, so ACS counts as absent");
}

static void test_vmd(void **state)
{
    struct config vmd = config(0x8086, 0x9a0b, PCIE_RC_ENDPOINT, false);
    struct config port = config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct config nvme = config(0x144d, 0xa808, PCIE_ENDPOINT, false);

    (void)state;
    add_acs(&port);
    put("0000:00:0e.0", "pci0000:00", &vmd, "0x010400\n");
    put("10000:e0:06.0", "pci0000:00/0000:00:0e.0/pci10000:e0", &port, BRIDGE);
    put("10000:e1:00.0", "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0", &nvme,
        "0x010802\n");
    open_groups();
    assert_int_equal(tie("00:0e.0", "10000:e1:00.0"), TIE_REQUESTER);
    assert_int_equal(tie("00:0e.0", "10000:e0:06.0"), TIE_REQUESTER);
}

/* Functions without any file, or with a link to nowhere, are there all the same. */
static void test_missing_files(void **state)
{
    struct config nic = config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    struct group_warning *warnings;
    struct err e;
    size_t n;

    (void)state;
    put("0000:01:00.0", "pci0000:00/0000:00:01.0", &nic, NIC);  /* its bridge is missing */
    put("0000:01:00.1", "pci0000:00/0000:00:01.0", &nic, NIC);
    put("0000:02:00.0", "pci0000:00/0000:00:02.0", &nic, NIC);
    put("0000:00:05.0", "pci0000:00", &nic, NIC);
    tree_remove("sys/devices/pci0000:00/0000:00:05.0/config");
    open_groups();
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
    struct config nic = config(0x8086, 0x10d3, PCIE_ENDPOINT, false);

    nic.bytes[0x3d] = (uint8_t)pin;
    put(name, "pci0000:00", &nic, NIC);
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
    open_groups();
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 3);
    assert_string_equal(w[0].kind, "shared-intx");
    assert_int_equal(w[0].n_devices, 2);
    assert_string_equal(BDF_STR(w[0].devices[1]), "0000:00:02.0");
    assert_string_equal(w[0].message, "2 functions share interrupt line 16: a guest that has one "
                                      "of them can hold up the others");
    assert_string_equal(w[1].kind, "shared-page");
    assert_int_equal(w[1].n_devices, 2);
    assert_string_equal(w[1].message, "BARs of 2 functions lie on one page at 0xfe000000: a guest "
                                      "that has one of them can reach the others");
    assert_int_equal(w[2].n_devices, 2);
    assert_string_equal(BDF_STR(w[2].devices[0]), "0000:00:02.0");
    assert_string_equal(BDF_STR(w[2].devices[1]), "0000:00:08.0");
    group_warnings_free(w, n);
}

static void test_acs_off(void **state)
{
    struct config port = config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct group_warning *w;
    struct err e;
    size_t n;

    (void)state;
    add_acs(&port);
    put("0000:00:01.0", "pci0000:00", &port, BRIDGE);
    set16(&port, 0x14e, 0x001d);
    put("0000:00:02.0", "pci0000:00", &port, BRIDGE);
    open_groups();
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 0);     /* no Xen, so nobody has switched it on */
    group_warnings_free(w, n);
    tree_write("control_d\n", "proc/xen/capabilities");
    open_groups();
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(w[0].kind, "acs-off");
    assert_int_equal(w[0].n_devices, 1);
    group_warnings_free(w, n);
}

/* Configuration space, byte by byte */

static struct topology_fn parse(const struct config *c)
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
    struct config c = config(0x8086, 0x2030, PCIE_DOWNSTREAM, true);
    struct topology_fn fn;

    (void)state;
    add_acs(&c);
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

    memset(c.bytes, 0xff, sizeof(c.bytes));     /* a function that is gone */
    fn = parse(&c);
    assert_true(fn.config_short);

    c = config(0x8086, 0x2030, PCIE_DOWNSTREAM, false);
    set16(&c, 0xa0, 0x4011);                    /* a list that runs in a circle */
    fn = parse(&c);
    assert_false(fn.pcie);
    c = config(0x8086, 0x2030, PCIE_DOWNSTREAM, false);
    set16(&c, 0x40, 0xa0ff);                    /* what is not there answers all ones */
    fn = parse(&c);
    assert_false(fn.pcie);
    c = config(0x8086, 0x2030, PCIE_DOWNSTREAM, false);
    set16(&c, 0x102, 0x1001);
    fn = parse(&c);
    assert_int_equal(fn.acs, ACS_ABSENT);
}

static void test_parse_garbage(void **state)
{
    struct config c;

    (void)state;
    for (uint32_t round = 1; round <= 5000; round++) {
        seed = round * 2654435761u;
        c = config(draw(65536), draw(65536), (enum pcie_type)draw(16), draw(2));
        for (unsigned i = draw(200); i; i--)
            c.bytes[draw(3) ? draw(256) : draw(4096)] = (uint8_t)draw(256);
        c.len = draw(4) ? draw(4097) : draw(300);
        parse(&c);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_machines),
        TEST(test_machines_without_links),
        TEST(test_short_config_is_coarser),
        TEST(test_garbage_config),
        TEST(test_peers),
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
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
