/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h and operand.h: which device a name stands for, also after changes of the machine. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_xs.h"
#include "host_tree.h"
#include "names/operand.h"

#define NAMES "etc/xvtd/names"

static struct err e;

/* A function of these ids; a serial number unless that is 0. */
static void device(const char *name, const char *id, uint64_t serial)
{
    uint8_t config[0x140] = { [0x102] = 1, [0x100] = 3 };

    memcpy(config + 0x104, &serial, sizeof(serial));
    tree_write("0x8086\n", DEVICES "/%s/vendor", name);
    tree_write(id, DEVICES "/%s/device", name);
    tree_write("0x8086\n", DEVICES "/%s/subsystem_vendor", name);
    tree_write("0x0001\n", DEVICES "/%s/subsystem_device", name);
    tree_write_bytes(config, serial ? sizeof(config) : 0x100, DEVICES "/%s/config", name);
}

static void gone(const char *name)
{
    static const char *const files[] = { "vendor", "device", "subsystem_vendor",
                                         "subsystem_device", "config", "" };

    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        tree_remove(DEVICES "/%s/%s", name, files[i]);
}

static int setup(void **state)
{
    host_tree_setup(state);
    store_begin();
    tree_mkdir("etc");
    tree_mkdir("run");
    root = tree_root();
    return 0;
}

/* Names a function as `xvtd name` does. */
static void give(const char *name, const char *where)
{
    CLEANUP(names_clear) struct names names = { .n = 0 };
    struct name new = { .n_alike = 0 };
    struct names_lock lock;

    snprintf(new.name, sizeof(new.name), "%s", name);
    if (names_lock(root, &lock, &e) || names_read(root, &names, &e) ||
        name_identify(root, bdf(where), &new, &e) || names_write(&lock, &names, &new, &e))
        fail_msg("%s", e.message);
    names_unlock(&lock);
    free(new.alike);
}

/* The name must stand for this function; NULL: it must be refused with this text. */
static void expect(const char *name, const char *where, int want, const char *words)
{
    struct records records = { .xs = (struct xs *)&records, .root = root };
    struct bdf found = { 0 };
    int r = device_named(root, &records, name, &found, NULL, &e);

    if (r != want)
        fail_msg("%s: %d: %s", name, r, r ? e.message : BDF_STR(found));
    if (where)
        assert_string_equal(BDF_STR(found), where);
    if (words && !strstr(e.message, words))
        fail_msg("%s: '%s' has no '%s'", name, e.message, words);
}

static void test_moved(void **state)
{
    (void)state;
    device("0000:02:00.0", "0x10d3\n", 7);
    device("0000:03:00.0", "0x10d3\n", 8);
    give("uplink0", "2:0.0");
    expect("uplink0", "0000:02:00.0", 0, NULL);
    gone("0000:02:00.0");
    expect("uplink0", NULL, -ENODEV, "is not in this machine (8086:10d3:8086:0001 serial 00-00");
    assert_int_equal(e.code, XV_NOT_FOUND);
    device("0000:02:00.0", "0x1521\n", 7); /* another one in its place */
    expect("uplink0", NULL, -ENODEV, "once at 0000:02:00.0");
    device("0000:05:00.0", "0x10d3\n", 7);
    expect("uplink0", "0000:05:00.0", 0, NULL);
    device("0000:06:00.0", "0x10d3\n", 7);
    expect("uplink0", NULL, -ENOTUNIQ, "cannot tell which");
    assert_int_equal(e.code, XV_REFUSED);
    expect("nobody", NULL, -ENOENT, "no device has this name");
}

/* A file of a later release is not guessed at, and stays as it is. */
static void test_versions(void **state)
{
    static const char line[] = "left 0000:02:00.0 8086:10d3:8086:0001\n";
    char text[256];

    (void)state;
    device("0000:02:00.0", "0x10d3\n", 0);
    tree_mkdir("etc/xvtd");
    tree_write(line, NAMES); /* as releases before 0.2.0 wrote it, without a version */
    expect("left", "0000:02:00.0", 0, NULL);
    snprintf(text, sizeof(text), "# xvtd-names/1: x\n%s", line);
    tree_write(text, NAMES);
    expect("left", "0000:02:00.0", 0, NULL);
    snprintf(text, sizeof(text), "# mine\n#xvtd-names/2\n%s", line);
    tree_write(text, NAMES);
    expect("left", NULL, -EPROTO, "it has version 2");
    assert_int_equal(e.code, XV_CANNOT);
    assert_string_equal(e.kind, "version");
    assert_string_equal(e.object, "/" NAMES);
}

/* --allow=twin: the one at the former place, if there is one. */
static void test_allow_twin(void **state)
{
    struct records records = { .xs = (struct xs *)&records, .root = root };
    struct xvtd x = { .name = "xvtd", .root = root, .quiet = true, .twins = TWINS_ASK };
    struct bdf_pattern found;

    (void)state;
    device("0000:02:00.0", "0x10d3\n", 0);
    device("0000:03:00.0", "0x10d3\n", 0);
    give("left", "2:0.0");
    device("0000:05:00.0", "0x10d3\n", 0);
    assert_int_equal(device_operand(&x, &records, "left", &found, &e), -ENOTUNIQ);
    assert_non_null(strstr(e.hint, "--allow=twin takes the one at 0000:02:00.0"));
    x.twins = TWINS_REFUSED;
    assert_int_equal(device_operand(&x, &records, "left", &found, &e), -ENOTUNIQ);
    assert_null(strstr(e.hint, "--allow"));
    x.twins = TWINS_ALLOWED;
    assert_int_equal(device_operand(&x, &records, "left", &found, &e), 0);
    assert_string_equal(BDF_STR(found.bdf), "0000:02:00.0");
    gone("0000:02:00.0");
    assert_int_equal(device_operand(&x, &records, "left", &found, &e), -ENOTUNIQ);
}

/* Twins are told apart by their places, and by nothing once one of them has moved. */
static void test_twins(void **state)
{
    (void)state;
    device("0000:02:00.0", "0x10d3\n", 0);
    device("0000:03:00.0", "0x10d3\n", 0);
    device("0000:04:00.0", "0x10d3\n", 0);
    give("left", "2:0.0");
    give("right", "3:0.0");
    expect("left", "0000:02:00.0", 0, NULL);
    expect("right", "0000:03:00.0", 0, NULL);
    /* A card before them: all move up by one, and right's place is now left's. */
    gone("0000:02:00.0");
    device("0000:02:00.0", "0x1521\n", 0);
    device("0000:05:00.0", "0x10d3\n", 0);
    expect("left", NULL, -ENOTUNIQ, NULL);
    expect("right", NULL, -ENOTUNIQ, "the one at 0000:03:00.0");
    /* One is left, and nothing tells which. */
    gone("0000:04:00.0");
    gone("0000:05:00.0");
    expect("right", NULL, -ENOTUNIQ, NULL);
    gone("0000:03:00.0");
    expect("right", NULL, -ENODEV, NULL);
}

static void test_single_gets_twin(void **state)
{
    (void)state;
    device("0000:02:00.0", "0x10d3\n", 0);
    give("only", "2:0.0");
    device("0000:01:00.0", "0x10d3\n", 0);
    expect("only", NULL, -ENOTUNIQ, NULL);
}

static void test_xl(void **state)
{
    (void)state;
    device("0000:02:00.0", "0x10d3\n", 7);
    device("0000:03:00.0", "0x10d3\n", 8);
    store_set("/libxl/pci/0000-03-00-0/name", "backup");
    expect("backup", "0000:03:00.0", 0, NULL);
    give("backup", "3:0.0");
    expect("backup", "0000:03:00.0", 0, NULL);
    store_set("/libxl/pci/0000-03-00-0/name", NULL);
    expect("backup", "0000:03:00.0", 0, NULL);
    store_set("/libxl/pci/0000-02-00-0/name", "backup");
    expect("backup", NULL, -ENOTUNIQ, "but 0000:02:00.0 in xl's records");
    store_fail(1, EIO);
    expect("backup", NULL, -EIO, "xenstore");
    store_fail(2, EIO);
    expect("backup", NULL, -EIO, "xenstore");
}

static void test_tell(void **state)
{
    struct records records = { .xs = (struct xs *)&records, .root = root };
    char name[DEVICE_NAME_MAX];

    (void)state;
    device("0000:02:00.0", "0x10d3\n", 7);
    device("0000:03:00.0", "0x10d3\n", 8);
    give("uplink0", "2:0.0");
    assert_int_equal(device_name_tell(root, &records, bdf("2:0.0"), &e), 0);
    assert_string_equal(store_get("/libxl/pci/0000-02-00-0/name"), "uplink0");
    store_set("/libxl/pci/0000-02-00-0/name", "xls");
    assert_int_equal(device_name_tell(root, &records, bdf("2:0.0"), &e), 0);
    assert_string_equal(store_get("/libxl/pci/0000-02-00-0/name"), "xls");
    assert_int_equal(device_name_tell(root, &records, bdf("3:0.0"), &e), 0);
    assert_null(store_get("/libxl/pci/0000-03-00-0/name"));
    device_name_of(root, &records, bdf("2:0.0"), name);
    assert_string_equal(name, "uplink0");
    store_set("/libxl/pci/0000-03-00-0/name", "backup");
    device_name_of(root, &records, bdf("3:0.0"), name);
    assert_string_equal(name, "backup");
    store_set("/libxl/pci/0000-03-00-0/name", "Not Ours");
    device_name_of(root, &records, bdf("3:0.0"), name);
    assert_string_equal(name, "");
}

/* Other lines, their order and comments stay. */
static void test_file(void **state)
{
    static const char text[] = "# mine\nwan 0000:03:00.0 8086:10d3:8086:0001 serial "
                               "00-00-00-00-00-00-00-08\n\n# theirs\n"
                               "lan 0000:02:00.0 8086:10d3:8086:0001 alike 0000:04:00.0\n";
    CLEANUP(names_clear) struct names names = { .n = 0 };
    char now[1024];
    struct names_lock lock;

    (void)state;
    tree_write(text, NAMES);
    assert_int_equal(names_lock(root, &lock, &e), 0);
    assert_int_equal(names_read(root, &names, &e), 0);
    assert_int_equal(names.n, 2);
    assert_int_equal(names_find(&names, "lan")->n_alike, 1);
    assert_true(names_find(&names, "wan")->identity.has_serial);
    assert_null(names_find(&names, "x-c"));
    assert_int_equal(names_write(&lock, &names, NULL, &e), 0);
    root_readf(root, now, sizeof(now), NAMES);
    assert_true(!strncmp(now, text, strlen(now)) && strlen(now) == strlen(text) - 1);
    names_find(&names, "wan")->drop = true;
    assert_int_equal(names_write(&lock, &names, names_find(&names, "wan"), &e), 0);
    root_readf(root, now, sizeof(now), NAMES);
    assert_string_equal(now, "# mine\n\n# theirs\n"
                        "lan 0000:02:00.0 8086:10d3:8086:0001 alike 0000:04:00.0\n"
                        "wan 0000:03:00.0 8086:10d3:8086:0001 serial 00-00-00-00-00-00-00-08");
    names_unlock(&lock);
}

static void test_bad_lines(void **state)
{
    static const char *const bad[] = {
        "wan", "wan 2:0.0", "wan 2:0.0 8086", "wan 2:0.0 8086:10d3:8086:0001 alike ",
        "WAN 2:0.0 8086:10d3:8086:0001", "fade 2:0.0 8086:10d3:8086:0001",
        "wan 2:0.* 8086:10d3:8086:0001", "wan  2:0.0 8086:10d3:8086:0001",
        "wan 2:0.0 8086:10d3:8086:0001 alike x", "wan 2:0.0 8086:10d3:8086:0001 serial 1",
        "wan\t2:0.0\t8086:10d3:8086:0001", " wan 2:0.0 8086:10d3:8086:0001",
        "an-absurdly-long-name-of-sixty-four-letters-which-libxl-will-not-take 2:0.0 8086:10d3:8086:0001",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        tree_write("# one\n", NAMES);
        tree_append(bad[i], NAMES);
        expect("uplink0", NULL, -EINVAL, "line 2");
        assert_int_equal(e.code, XV_USAGE);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, host_tree_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_versions), TEST(test_moved), TEST(test_twins), TEST(test_allow_twin),
        TEST(test_single_gets_twin), TEST(test_xl),
        TEST(test_tell), TEST(test_file), TEST(test_bad_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
