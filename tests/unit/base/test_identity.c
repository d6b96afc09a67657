/* SPDX-License-Identifier: GPL-2.0-or-later */
/* identity.h: a function's identity as text and from a captured machine, and twins. */
#include <errno.h>
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

#include "base/identity.h"

#define SERIAL "00-1b-21-ff-ff-8a-2c-4d"

static char dir[64];
static struct root *root;

static void put(const char *bdf, const char *file, const void *data, size_t size)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/%s", dir, bdf, file);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
}

/* A function with these ids, and a serial number unless that is 0. */
static void device(const char *bdf, const char *const ids[4], uint64_t serial)
{
    static const char *const files[] = { "vendor", "device", "subsystem_vendor",
                                         "subsystem_device" };
    uint8_t config[0x140] = { 0 };
    char path[256];

    snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s", dir, bdf);
    assert_int_equal(mkdir(path, 0755), 0);
    for (int i = 0; i < 4; i++)
        put(bdf, files[i], ids[i], strlen(ids[i]));
    /* AER at 100, the serial number at 130 */
    memcpy(config + 0x100, (uint8_t[]){ 0x01, 0x00, 0x01, 0x13 }, 4);
    memcpy(config + 0x130, (uint8_t[]){ 0x03, 0x00, 0x01, 0x00 }, 4);
    for (int i = 0; i < 8; i++)
        config[0x134 + i] = (uint8_t)(serial >> 8 * i);
    put(bdf, "config", config, sizeof(config));
}

static const char *const nic[4] = { "0x8086\n", "0x10d3\n", "0x8086\n", "0xa01f\n" };
static const char *const other[4] = { "0x8086\n", "0x10d3\n", "0x8086\n", "0x0000\n" };

static int setup(void **state)
{
    char text[200];
    struct err e;

    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/xvtd-identity-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(text, sizeof(text), "mkdir -p %s/sys/bus/pci/devices", dir);
    assert_int_equal(system(text), 0);
    device("0000:02:00.0", nic, 0x001b21ffff8a2c4dULL);
    device("0000:03:00.0", nic, 0);
    device("0000:04:00.0", other, 0x001b21ffff8a2c4dULL);
    return root_open(&root, dir, &e);
}

static int teardown(void **state)
{
    char text[80];

    (void)state;
    root = root_close(root);
    snprintf(text, sizeof(text), "rm -rf %s", dir);
    return system(text);
}

static struct bdf at(uint8_t bus)
{
    return (struct bdf){ .bus = bus };
}

static void test_read(void **state)
{
    char text[IDENTITY_TEXT_MAX];
    struct identity id = { .vendor = 7 };
    struct err e;

    (void)state;
    assert_int_equal(identity_read(root, at(2), &id, &e), 0);
    identity_format(&id, text);
    assert_string_equal(text, "8086:10d3:8086:a01f serial " SERIAL);
    assert_int_equal(identity_read(root, at(3), &id, &e), 0);
    identity_format(&id, text);
    assert_string_equal(text, "8086:10d3:8086:a01f");
}

static void test_read_fails(void **state)
{
    struct identity id = { .vendor = 7 };
    struct err e;

    (void)state;
    assert_int_equal(identity_read(root, at(9), &id, &e), -ENODEV);
    assert_int_equal(e.code, XV_NOT_FOUND);
    put("0000:03:00.0", "subsystem_device", "0x1ffff", 7);
    assert_int_equal(identity_read(root, at(3), &id, &e), -EINVAL);
    assert_string_equal(e.message, "0000:03:00.0: '0x1ffff' in 'subsystem_device' is not an id");
    put("0000:03:00.0", "subsystem_device", "", 0);
    assert_int_equal(identity_read(root, at(3), &id, &e), -EINVAL);
    assert_int_equal(id.vendor, 7);
}

static void test_find(void **state)
{
    struct identity id;
    struct bdf found = { 0 };
    struct err e;
    size_t n;

    (void)state;
    assert_int_equal(identity_read(root, at(4), &id, &e), 0);
    assert_int_equal(identity_find(root, &id, &found, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_true(bdf_equal(found, at(4)));

    /* the same ids and number once more: the error names the lower one of the twins */
    device("0000:01:00.0", other, 0x001b21ffff8a2c4dULL);
    assert_int_equal(identity_find(root, &id, &found, &n, &e), 0);
    assert_int_equal(n, 2);
    assert_true(bdf_equal(found, at(1)));

    id.serial++;
    assert_int_equal(identity_find(root, &id, &found, &n, &e), 0);
    assert_int_equal(n, 0);
}

static void test_text(void **state)
{
    static const char *const good[] = { "8086:10d3:8086:a01f",
                                        ("8086:10d3:8086:a01f serial " SERIAL),
                                        "0000:ffff:0000:0000 serial 00-00-00-00-00-00-00-01" };
    static const char *const bad[] = {
        "", "8086", "8086:10d3:8086", "8086:10d3:8086:a01", "8086:10d3:8086:a01f ",
        "8086:10D3:8086:a01f", " 8086:10d3:8086:a01f", "8086:10d3:8086:a01ff",
        "8086:10d3:8086:a01f serial", "8086:10d3:8086:a01f serial ",
        "8086:10d3:8086:a01f serial 00-1b-21-ff-ff-8a-2c",
        ("8086:10d3:8086:a01f serial " SERIAL "-00"), ("8086:10d3:8086:a01f  serial " SERIAL),
        "8086:10d3:8086:a01f serial 00:1b:21:ff:ff:8a:2c:4d",
    };
    char text[IDENTITY_TEXT_MAX];
    struct identity id, none = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(identity_parse(good[i], &id));
        identity_format(&id, text);
        assert_string_equal(text, good[i]);
    }
    id = none;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (identity_parse(bad[i], &id))
            fail_msg("'%s' was taken for an identity", bad[i]);
        assert_true(identity_equal(&id, &none));
    }
}

static void test_equal(void **state)
{
    const struct identity id = { 1, 2, 3, 4, true, 5 };
    struct identity a;

    (void)state;
    a = id, assert_true(identity_equal(&a, &id));
    a = id, a.vendor++, assert_false(identity_equal(&a, &id));
    a = id, a.device++, assert_false(identity_equal(&a, &id));
    a = id, a.subvendor++, assert_false(identity_equal(&a, &id));
    a = id, a.subdevice++, assert_false(identity_equal(&a, &id));
    a = id, a.serial++, assert_false(identity_equal(&a, &id));
    a = id, a.has_serial = false, assert_false(identity_equal(&a, &id));
}

static bool serial_of(const uint8_t *bytes, size_t len, uint64_t *ret)
{
    return identity_serial(&(struct config){ .bytes = bytes, .len = len, .fd = -1 }, ret);
}

/* The device supplies the chain of capabilities, so it can be malformed. */
static void test_bad_chains(void **state)
{
    uint8_t config[4096] = { 0 };
    uint64_t serial = 7;

    (void)state;
    memcpy(config + 0x100, (uint8_t[]){ 0x01, 0x00, 0x01, 0x10 }, 4);   /* to itself */
    assert_false(serial_of(config, sizeof(config), &serial));
    memcpy(config + 0x100, (uint8_t[]){ 0x01, 0x00, 0xc1, 0xff }, 4);   /* to the last word */
    memcpy(config + 0xffc, (uint8_t[]){ 0x03, 0x00, 0x01, 0x00 }, 4);
    assert_false(serial_of(config, sizeof(config), &serial));
    memcpy(config + 0x100, (uint8_t[]){ 0x03, 0x00, 0x01, 0x00 }, 4);
    config[0x104] = 1;
    assert_false(serial_of(config, 0x10b, &serial));
    assert_false(serial_of(config, 0x100, &serial));
    assert_int_equal(serial, 7);
    assert_true(serial_of(config, 0x10c, &serial));
    assert_int_equal(serial, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find, setup, teardown),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_bad_chains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
