/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inventory.h and config_dump.h: what is read, and what becomes of nonsense. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_config.h"
#include "../fake/fake_tree.h"
#include "detail/function_detail.h"
#include "pci/config_dump.h"

#define DEVICES "sys/bus/pci/devices"
#define FOLDER "sys/devices/pci0000:00/0000:00:02.0"

static struct root *root;
static struct inventory *inv;
static struct groups *g;

static void close_all(void)
{
    g = groups_close(g);
    inv = inventory_close(inv);
    root = root_close(root);
}

static int setup(void **state)
{
    (void)state;
    tree_begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_all();
    tree_end();
    return 0;
}

static void open_inventory(void)
{
    struct err e;

    close_all();
    root = tree_root();
    if (inventory_open(&inv, root, &e) || groups_open(&g, root, inv, &e))
        fail_msg("%s", e.message);
}

static const struct pci_function *at(const char *text)
{
    const struct pci_function *f;
    struct bdf bdf;
    struct err e;

    if (bdf_parse(text, &bdf, &e))
        fail_msg("%s", e.message);
    f = inventory_find(inv, bdf);
    if (!f)
        fail_msg("%s is not there", text);
    return f;
}

/* Does one of its problems have this text? */
static void has_problem(const char *text)
{
    const char *problem;

    for (size_t i = 0; (problem = inventory_problem(inv, i)); i++)
        if (strstr(problem, text))
            return;
    fail_msg("no problem says '%s'", text);
}

static void put_nic(void)
{
    struct fake_config c = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);

    c.bytes[0x09] = 0x01;
    c.bytes[0x0b] = 0x02;
    config_put("0000:00:02.0", "pci0000:00", &c, FAKE_NIC);
}

/* The kernel's modalias counts first; without a valid one the other files do. */
static void test_ids(void **state)
{
    static const char *const bad_modalias[] = {
        "", "pci:", "pci:v00008086d000010D3",
        "pci:v00018086d000010D3sv00000000sd00000000bc02sc00i00",
        "pci:v0000808d6000010D3sv00000000sd00000000bc02sc00i00", "usb:v1D6Bp0002",
    };

    (void)state;
    put_nic();
    tree_write("pci:v00001AF4d00001041sv00000000sd0000000Abc02sc80i0A\n", FOLDER "/modalias");
    open_inventory();
    assert_int_equal(at("00:02.0")->vendor, 0x1af4);
    assert_int_equal(at("00:02.0")->device, 0x1041);
    assert_int_equal(at("00:02.0")->class, 0x02800a);
    for (size_t i = 0; i < ARRAY_LEN(bad_modalias); i++) {
        tree_write(bad_modalias[i], FOLDER "/modalias");
        open_inventory();
        assert_int_equal(at("00:02.0")->vendor, 0x8086);
        assert_int_equal(at("00:02.0")->class, 0x020000);
    }
    tree_write("x\n", FOLDER "/class");
    open_inventory();
    assert_int_equal(at("00:02.0")->class, 0x020001);
    tree_remove(FOLDER "/vendor");
    open_inventory();
    assert_int_equal(at("00:02.0")->vendor, 0x8086);
    assert_null(inventory_problem(inv, 0));
    tree_remove(FOLDER "/config");
    open_inventory();
    assert_int_equal(at("00:02.0")->vendor, 0xffff);
    has_problem("0000:00:02.0: its ids cannot be read");
}

static void test_names(void **state)
{
    char name[160], class[80];

    (void)state;
    put_nic();
    open_inventory();
    inventory_name(inv, at("00:02.0"), name, sizeof(name));
    inventory_class_name(inv, at("00:02.0"), class, sizeof(class));
    assert_true(*name && *class);
    tree_write("0x1234\n", FOLDER "/vendor");
    open_inventory();
    inventory_name(inv, at("00:02.0"), name, sizeof(name));
    assert_non_null(strstr(name, "10d3"));
}

static void test_absurd_folder(void **state)
{
    static const char *const names[] = {
        "foo", "0000:00:02.8", "0000:00:20.0", "0000:00:2.0", "000g:00:02.0", "00000:00:02.0x",
        "123456789:00:00.0", "-000:00:02.0", "0000:00:02.0:", "\x1b[31m", "\xff\xfe",
    };

    (void)state;
    put_nic();
    tree_link("../../../devices/nowhere", DEVICES "/0000:00:07.0");
    tree_link("0000:00:08.0", DEVICES "/0000:00:08.0");
    tree_link("/etc", DEVICES "/0000:00:09.0");
    tree_write("", DEVICES "/0000:00:0a.0");
    tree_mkdir(DEVICES "/10000:e1:00.0");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        tree_mkdir(DEVICES "/%s", names[i]);
        open_inventory();
        assert_int_equal(inventory_count(inv), 2);
        assert_int_equal(at("10000:e1:00.0")->vendor, 0xffff);
        tree_remove(DEVICES "/%s", names[i]);
    }
    tree_mkdir(DEVICES "/foo");
    tree_mkdir(DEVICES "/\x1b[31m");
    open_inventory();
    has_problem("'foo' in " DEVICES " is not the address of a function");
    has_problem("'?[31m'");
    has_problem("0000:00:07.0: its link leads nowhere");
    for (int i = 0; i < 20; i++)
        tree_mkdir(DEVICES "/no%d", i);
    open_inventory();
    has_problem("more problems");
    assert_null(inventory_problem(inv, 8));
}

static void test_nothing_to_read(void **state)
{
    struct err e;

    (void)state;
    root = tree_root();
    assert_int_equal(inventory_open(&inv, root, &e), -ENOENT);
    assert_int_equal(e.code, XV_CANNOT);
    tree_mkdir(DEVICES);
    assert_int_equal(inventory_open(&inv, root, &e), 0);
    assert_int_equal(inventory_count(inv), 0);
}

/* A function's bytes as lspci would print them. */
static char *text_of(const char *name, const struct fake_config *c, size_t to)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fprintf(f, "%s Ethernet controller: Somebody's\n", name);
    for (size_t i = 0; i < to; i++) {
        if (i % 16 == 0)
            fprintf(f, "%s%02zx:", i ? "\n" : "", i);
        fprintf(f, " %02x", c->bytes[i]);
    }
    fputc('\n', f);
    fclose(f);
    return text;
}

static void test_dump_alone(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    struct fake_config nic = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    AUTO_FREE char *a = NULL, *b = NULL;
    struct function_detail d;
    struct err e;

    (void)state;
    port.bytes[0x0a] = 0x04;
    port.bytes[0x0b] = 0x06;
    port.bytes[0x19] = 1;
    nic.bytes[0x0b] = 0x02;
    a = text_of("00:01.0", &port, 4096);
    b = text_of("0000:01:00.0", &nic, 256);
    tree_append(b, "lspci");
    tree_append("\n", "lspci");
    tree_append(a, "lspci");
    open_inventory();
    assert_null(inventory_problem(inv, 0));
    assert_int_equal(inventory_count(inv), 2);
    assert_true(at("00:01.0")->bridge);
    assert_int_equal(at("01:00.0")->device, 0x10d3);
    assert_int_equal(groups_facts(g)[1].above, ABOVE_BRIDGE);
    assert_int_equal(groups_facts(g)[0].acs, ACS_ABSENT);
    assert_int_equal(groups_facts(g)[0].pcie_type, PCIE_ROOT_PORT);
    assert_int_equal(function_detail_read(root, g, at("01:00.0")->bdf, &d, &e), 0);
    assert_true(d.msi && d.has_parent);
    assert_int_equal(d.identity.device, 0x10d3);
}

/* A capture made without privileges, and a dump of the same machine made later. */
static void test_dump_beside_sysfs(void **state)
{
    struct fake_config port = fake_config(0x8086, 0x2030, PCIE_ROOT_PORT, false);
    AUTO_FREE char *text = NULL;

    (void)state;
    config_add_acs(&port);
    text = text_of("00:01.0", &port, 4096);
    port.len = 64;
    config_put("0000:00:01.0", "pci0000:00", &port, FAKE_BRIDGE);
    open_inventory();
    assert_true(groups_facts(g)[0].config_short);
    tree_write(text, "lspci");
    open_inventory();
    assert_false(groups_facts(g)[0].config_short);
    assert_int_equal(groups_facts(g)[0].acs, ACS_PRESENT);
}

/* This machine is read with fewer calls than a captured tree, and with the same result. */
static void test_host(void **state)
{
    struct root *host, *tree;
    struct inventory *ours, *theirs;
    struct err e;

    (void)state;
    if (access("/" DEVICES, R_OK))
        skip();
    assert_int_equal(root_open(&host, NULL, &e), 0);
    assert_int_equal(root_open(&tree, "/", &e), 0);
    assert_int_equal(inventory_open(&ours, host, &e), 0);
    assert_int_equal(inventory_open(&theirs, tree, &e), 0);
    assert_int_equal(inventory_count(ours), inventory_count(theirs));
    for (size_t i = 0; i < inventory_count(ours); i++) {
        const struct pci_function *a = inventory_at(ours, i), *b = inventory_at(theirs, i);

        assert_true(bdf_equal(a->bdf, b->bdf) && bdf_equal(a->pf, b->pf));
        assert_int_equal(a->vendor, b->vendor);
        assert_int_equal(a->device, b->device);
        assert_int_equal(a->class, b->class);
        assert_int_equal(a->bridge, b->bridge);
        assert_int_equal(a->vf, b->vf);
        assert_string_equal(a->driver, b->driver);
        assert_string_equal(a->link, b->link);
    }
    inventory_close(ours);
    inventory_close(theirs);
    root_close(host);
    root_close(tree);
}

static unsigned parse_dump(const char *text, struct config_dump *dump)
{
    FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

    assert_int_equal(config_dump_read(dump, f), 0);
    fclose(f);
    return dump->bad_line;
}

static void test_dump_nonsense(void **state)
{
    static const struct {
        const char *text;
        unsigned bad;
        size_t n, len;
    } rows[] = {
        { "junk\n", 0, 0, 0 },
        { "00: 01 02\n", 0, 0, 0 },
        { "00:02.0 x\n00: 01 02\n02: 03\n", 0, 1, 3 },
        { "00:02.0 x\r\n00: 01 02\r\n", 0, 1, 2 },
        { "00:02.0 x\n00: 01 02", 0, 1, 2 },
        { "00:02.0\n\tFlags: fast\n00: AA bb\n", 0, 1, 2 },
        { "00:02.0 x\nffffffff: 01\n", 2, 1, 0 },
        { "00:02.0 x\n10: 01\n", 2, 1, 0 },
        { "00:02.0 x\n00: 01\n00: 01\n01: 02\n", 3, 1, 1 },
        { "00:02.0 x\n00: 01 2 3\n", 2, 1, 0 },
        { "00:02.0 x\n00: 01 xx\n", 2, 1, 0 },
        { "00:02.0 x\n00: 011\n", 2, 1, 0 },
        { "00:02.0 x\n00: 01\n00:02.0 y\n00: 02 03\n", 0, 1, 0 },
        { "00:20.0 x\n00: 01\n", 0, 0, 0 },
        { "10000:e1:00.0 x\n00: 01\n", 0, 1, 1 },
        { "123456789:e1:00.0 x\n00: 01\n", 0, 0, 0 },
    };
    struct config_dump dump;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned bad = parse_dump(rows[i].text, &dump);

        if (bad != rows[i].bad || dump.n != rows[i].n ||
            (rows[i].len && dump.list[0].len != rows[i].len))
            fail_msg("row %zu: bad line %u, %zu functions", i, bad, dump.n);
        config_dump_clear(&dump);
    }
    tree_write("00:02.0 x\n10: 01\n", "lspci");
    open_inventory();
    has_problem("line 2 of the file 'lspci'");
    has_problem("0000:00:02.0: its ids cannot be read");
}

/* 4096 bytes are all; one more is malformed. */
static void test_dump_too_long(void **state)
{
    struct fake_config c = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    AUTO_FREE char *text = text_of("00:02.0", &c, 4096), *more = NULL;
    struct config_dump dump;

    (void)state;
    assert_true(asprintf(&more, "%s1000: 00\n", text) > 0);
    assert_int_equal(parse_dump(more, &dump), 258);
    assert_int_equal(dump.list[0].len, 4096);
    assert_memory_equal(dump.list[0].bytes, c.bytes, 4096);
    config_dump_clear(&dump);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ids),
        TEST(test_names),
        TEST(test_absurd_folder),
        TEST(test_nothing_to_read),
        TEST(test_dump_alone),
        TEST(test_host),
        TEST(test_dump_beside_sysfs),
        TEST(test_dump_nonsense),
        TEST(test_dump_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
