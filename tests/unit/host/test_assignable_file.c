/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/xvtd/assignable, and what the next boot holds with it and the hide files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_tree.h"
#include "base/cleanup.h"
#include "boot/boot_hold.h"

static int setup(void **state)
{
    (void)state;
    tree_begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tree_end();
    return 0;
}

static void test_lines(void **state)
{
    static const char text[] =
        "# all that is here\n"
        "\n"
        "  0a:00.0\tvfs=4 # of the disk\r\n"
        "0000:02:00.0 8086:10d3:8086:a01f\n"
        "3:0.* vfs=65535 8086:10d3:8086:a01f serial 00-11-22-ff-ff-33-44-55\n"
        "uplink0\n"
        "2:10.0 mac=52:54:00:aa:00:01\tvlan=7 8086:10ca:8086:a01f\n";
    AUTO_FREE struct assignable_line *list = NULL;
    struct err e;
    size_t n = 0;

    (void)state;
    assert_int_equal(assignable_parse(text, "file", &list, &n, &e), 0);
    assert_int_equal(n, 5);
    assert_int_equal(list[0].line, 3);
    assert_true(list[0].has_bdf && !list[0].has_identity && list[0].vfs == 4);
    assert_string_equal(BDF_STR(list[0].bdf.bdf), "0000:0a:00.0");
    assert_string_equal(list[0].device, "0a:00.0");
    assert_true(list[1].has_identity && !list[1].vfs && !list[1].identity.has_serial);
    assert_int_equal(list[1].identity.device, 0x10d3);
    assert_true(list[2].bdf.all && list[2].vfs == 65535 && list[2].identity.has_serial);
    assert_true(!list[3].has_bdf && list[3].line == 6);
    assert_string_equal(list[3].device, "uplink0");
    assert_true(list[4].has_identity && !list[4].vfs);
    assert_string_equal(VF_SETTINGS_STR(&list[4].vf), "mac=52:54:00:aa:00:01 vlan=7");
    assert_int_equal(list[3].vf.has, 0);
}

static void test_faults(void **state)
{
    static const struct { const char *text, *message; } cases[] = {
        { "2:0.0\n2:0.9\n", "file:2: '2:0.9'" },
        { "2:0.0 vfs=0", "file:1: vfs=0: expected a number" },
        { "2:0.0 vfs=65536", "vfs=65536" },
        { "2:0.0 vfs=4x", "vfs=4x" },
        { "2:0.0 vfs=", "vfs=:" },
        { "2:0.0 8086:10d3", "'8086:10d3' is not an identity" },
        { "2:0.0 8086:10d3:8086:a01f vfs=4", "is not an identity" },
        { "2:0.0 vlan=4095", "file:1: vlan=4095" },
        { "2:0.0 vfs=4 vlan=1", "'vlan=1' is not an identity" },
        { "2:0.0 vlan=1 vfs=4", "'vfs=4' is not an identity" },
        { "2:0.0 8086:10d3:8086:a01f vlan=1", "is not an identity" },
        { "2:0.1 mac=52:54:00:aa:00:01\n2:0.2\n2:0.3 mac=52:54:00:AA:00:01",
          "file:3: mac=52:54:00:aa:00:01: two devices" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "neither" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct assignable_line *list = NULL;
        struct err e;
        size_t n = 0;

        assert_int_equal(assignable_parse(cases[i].text, "file", &list, &n, &e), -EINVAL);
        assert_int_equal(e.code, XV_USAGE);
        assert_non_null(strstr(e.message, cases[i].message));
        assert_null(list);
    }
}

static bool holds(const char *text)
{
    CLEANUP(boot_hold_clear) struct boot_hold hold = { .n_sources = 0 };
    CLEANUP(root_close_p) struct root *root = tree_root();
    struct bdf bdf;
    struct err e;

    assert_int_equal(bdf_parse(text, &bdf, &e), 0);
    assert_int_equal(boot_hold_read(&hold, root, &e), 0);
    return boot_holds(&hold, bdf);
}

static void test_holds(void **state)
{
    (void)state;
    assert_false(holds("2:0.0"));
    tree_write("2:0.0\n3:0.*\na:0.0 vfs=4\n", "etc/xvtd/assignable");
    assert_true(holds("2:0.0") && holds("3:0.7"));
    assert_false(holds("2:0.1") || holds("3:1.0"));
    assert_false(holds("a:0.0"));       /* it keeps its driver */
    tree_write("2:0.0\nx!\n2:0.9\n", "etc/xvtd/assignable");
    assert_false(holds("2:0.0"));       /* the whole file is refused */
    tree_remove("etc/xvtd/assignable");

    tree_write("options xen-pciback hide=(2:0.0)(9:0.*)\n", "etc/modprobe.d/mine.conf");
    assert_true(holds("2:0.0") && holds("9:0.1"));
    tree_write("options xen-pciback hide=(2:0.0),(9:0.*)\n", "etc/modprobe.d/mine.conf");
    assert_false(holds("2:0.0"));
    tree_remove("etc/modprobe.d/mine.conf");

    tree_write(HIDE_MARK "\n# device 0000:02:00.0 8086:10d3:1af4:1100\n",
               "etc/udev/rules.d/10-xvtd-hide.rules");
    assert_true(holds("2:0.0"));
    assert_false(holds("3:0.0"));
    tree_write("uplink0\n", "etc/xvtd/assignable");
    assert_false(holds("0:0.0"));       /* an unknown name is no place */
    tree_remove("etc/xvtd/assignable");
    tree_remove("etc/udev/rules.d/10-xvtd-hide.rules");
    tree_write(HIDE_MARK "\n# device 0000:02:00.0 8086:10d3:1af4:1100\noptions xen-pciback "
               "hide=(0000:02:00.0\n", "etc/modprobe.d/xvtd-hide.conf");
    assert_false(holds("2:0.0"));       /* ours, and damaged since */
    /* Only softdeps: the other file counts. */
    tree_write(HIDE_MARK "\n# device 0000:02:00.0 8086:10d3:1af4:1100\nsoftdep e1000e pre: "
               "xen-pciback\n", "etc/modprobe.d/xvtd-hide.conf");
    assert_false(holds("2:0.0"));

    tree_write("quiet xen-pciback.hide=(4:0.0)\n", "proc/cmdline");
    assert_false(holds("4:0.0"));
    tree_write("", "opt/xensource/libexec/xen-cmdline");
    assert_true(holds("4:0.0"));
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = { RUN(test_lines), RUN(test_faults), RUN(test_holds) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
