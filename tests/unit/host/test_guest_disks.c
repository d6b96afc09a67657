/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Backend entries of disks, as libxl and its scripts write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "../fake/fake_xs.h"
#include "inuse/guest_disks.h"

static struct guest_disk *list;
static size_t n;
static struct err e;

static void forget(void)
{
    guest_disks_free(list, n);
    list = NULL;
    n = 0;
}

static int setup(void **state)
{
    (void)state;
    store_begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    forget();
    return 0;
}

static void set(const char *disk, const char *key, const char *value)
{
    char path[128];

    snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%s", disk, key);
    store_set(path, value);
}

static void read_list(void)
{
    forget();
    if (guest_disks_list(NULL, &list, &n, &e))
        fail_msg("%s", e.message);
    assert_int_equal(store_open(), 0);
}

static void test_none(void **state)
{
    (void)state;
    read_list();
    assert_int_equal(n, 0);
}

static void test_phy(void **state)
{
    (void)state;
    set("vbd/7/51712", "params", "/dev/vg/lv");
    set("vbd/7/51712", "physical-device", "fd:1f");
    set("vbd/7/51712", "dev", "xvda");
    read_list();
    assert_int_equal(n, 1);
    assert_int_equal(list[0].domid, 7);
    assert_string_equal(list[0].vdev, "xvda");
    assert_int_equal(list[0].devno, makedev(0xfd, 0x1f));
    assert_string_equal(list[0].path, "/dev/vg/lv");
}

/* Images, with their formats before them; what is no file of dom0's. */
static void test_paths(void **state)
{
    static const struct {
        const char *params, *want;
    } paths[] = {
        { "aio:/srv/vm1.img", "/srv/vm1.img" },
        { "qcow2:/srv/a:b.qcow2", "/srv/a:b.qcow2" },
        { "tapdisk:vhd:/srv/vm1.vhd", "/srv/vm1.vhd" },
        { "/srv/vm1.img", "/srv/vm1.img" },
        { "nbd:host/export", NULL },
        { "https://host/vm1.img", NULL },
        { "drbd:res", NULL },
        { "aio:", NULL },
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        set("qdisk/1/768", "params", paths[i].params);
        read_list();
        assert_int_equal(n, paths[i].want ? 1 : 0);
        if (n) {
            assert_string_equal(list[0].path, paths[i].want);
            assert_int_equal(list[0].devno, 0);
            assert_string_equal(list[0].vdev, "768");
        }
    }
}

static void test_many(void **state)
{
    (void)state;
    set("vbd/1/51712", "physical-device", "8:1");
    set("vbd/2/51712", "physical-device", "8:2");
    set("vbd/2/51728", "physical-device", "nonsense");
    set("vbd3/3/51712", "physical-device", "8:3");
    set("qdisk/2/768", "params", "aio:/srv/vm2.img");
    set("vif/2/0", "mac", "00:16:3e:00:00:01");
    read_list();
    assert_int_equal(n, 4);
}

/* xenstore fails at every point: an error, no leak, no open snapshot. */
static void test_faults(void **state)
{
    unsigned failures = 0;

    (void)state;
    set("vbd/1/51712", "physical-device", "8:1");
    set("vbd/1/51712", "params", "/dev/sda1");
    set("qdisk/2/768", "params", "aio:/srv/vm2.img");
    for (unsigned i = 1; i < 100; i++) {
        forget();
        store_fail(i, EIO);
        if (!guest_disks_list(NULL, &list, &n, &e))
            break;
        assert_int_equal(e.code, XV_CANNOT);
        assert_int_equal(store_open(), 0);
        assert_null(list);
        failures++;
    }
    assert_true(failures >= 12);
    assert_int_equal(n, 2);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_none),
        RUN(test_phy),
        RUN(test_paths),
        RUN(test_many),
        RUN(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
