/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `xvtd name` on the machine of machine.h, and names where other commands take a device. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "machine.h"

#define NAMES "etc/xvtd/names"

/* The NICs of the machine are twins; these two are not. */
static int setup(void **state)
{
    machine_setup(state);
    tree_write("control_d\n", "proc/xen/capabilities");
    tree_mkdir("etc");
    tree_write("0x0001\n", "%s/subsystem_device", kernel_path("0000:02:00.0"));
    tree_write("0x0002\n", "%s/subsystem_device", kernel_path("0000:03:00.0"));
    return 0;
}

static void file_is(const char *want)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    char text[1024] = "";

    root_readf(root, text, sizeof(text), NAMES);
    if (want)
        assert_string_equal(text, want);
    else
        assert_string_equal(text, "");
}

#define FIRST "# xvtd-names/1: NAME BDF IDENTITY, see xvtd-files(5)"
#define HEAD FIRST "\n"

static void test_give(void **state)
{
    (void)state;
    expect(0, "1. name 0000:02:00.0  (undo: xvtd name --remove uplink0)\n", NULL,
           "--dry-run name 2:0.0 uplink0");
    file_is(NULL);
    expect(0, "0000:02:00.0: named uplink0\n", "", "name 2:0.0 uplink0");
    file_is(HEAD "uplink0 0000:02:00.0 8086:10d3:0000:0001");
    assert_string_equal(xen_record("0000:02:00.0", "name"), "uplink0");
    expect(0, "0000:02:00.0: already named uplink0\n", "", "name 2:0.0 uplink0");
    expect(0, "nothing to do\n", "", "--dry-run name 2:0.0 uplink0");
    expect(0, "\"plan\": [\n\n  ]", "", "--json --dry-run name 2:0.0 uplink0");
    expect(0, "0000:02:00.0: named wan, no longer uplink0\n", "", "name uplink0 wan");
    file_is(HEAD "wan 0000:02:00.0 8086:10d3:0000:0001");
    assert_string_equal(xen_record("0000:02:00.0", "name"), "wan");
    expect(4, "", "no device has this name", "name uplink0 x-y");
    expect(3, "", "'wan' is 0000:02:00.0 already", "name 3:0.0 wan");
    expect(0, "0000:02:00.0: has no name any more\n", "", "name --remove wan");
    file_is(FIRST);
    assert_null(xen_record("0000:02:00.0", "name"));
    expect(4, "", "no device has this name", "name --remove wan");
}

static void test_refused(void **state)
{
    static const char *const usage[] = {
        "name 2:0.0", "name 2:0.0 UPPER", "name 2:0.0 beef", "name 2:0.* uplink0",
        "name --remove a b c", "name 2:0.0 eth1", "name 2:0.0 vda", "name 2:0.0 x y",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(usage); i++)
        expect(2, "", "xvtd: name: ", "%s", usage[i]);
    expect(4, "", "0000:0f:00.0", "name f:0.0 uplink0");
    expect(3, "", "'spare' is 0000:04:00.0 already for xl", "name 3:0.0 spare");
    file_is(NULL);
}

static int setup_xl(void **state)
{
    setup(state);
    xen_set_record("0000:04:00.0", "name", "spare");
    return 0;
}

static void test_list(void **state)
{
    struct run run;
    int code;

    (void)state;
    xvtd("name 2:0.0 uplink0");
    xvtd("name 3:0.0 lost");
    tree_write("0x0003\n", "%s/subsystem_device", kernel_path("0000:03:00.0"));
    run = xvtd("name");
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "uplink0 0000:02:00.0 here "));
    assert_non_null(strstr(run.out, "lost                 gone, was 0000:03:00.0"));
    assert_non_null(strstr(run.out, "spare   0000:04:00.0 until reboot"));
    run = xvtd("--json name");
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"until-reboot\""));
}

/* A renumbered device is found, and a note says so. */
static void test_used(void **state)
{
    (void)state;
    tree_write("uplink0 0000:0d:00.0 8086:10d3:0000:0001\n"
               "lost 0000:03:00.0 8086:10d3:0000:0009\n"
               "twin 0000:05:00.0 8086:10d3:0000:0000\n", NAMES);
    expect(0, "0000:02:00.0: attached to vm1 at 0x07",
           "uplink0 was 0000:0d:00.0 when it was named, and is now 0000:02:00.0",
           "assign vm1 uplink0 7");
    assert_string_equal(xen_record("0000:02:00.0", "name"), "uplink0");
    expect(4, "", "'lost': this device, once at 0000:03:00.0, is not in this machine",
           "assign vm1 lost");
    expect(3, "", "'twin': identical devices", "assignable add twin");
    expect(0, "name          uplink0\n", NULL, "show uplink0");
    expect(0, "assigned   vm1    0x07 uplink0", NULL, "list");
    expect(0, "\"given_name\": \"uplink0\"", NULL, "--json list");
    expect(1, "fail  0000:02:00.0 it belongs to 'vm1'", NULL, "check vm2 uplink0");
    expect(0, "0000:02:00.0: returned to driver e1000e", NULL, "detach vm1 uplink0 --return");
    expect(2, "", "slot", "assign vm1 uplink0@99");
    expect(0, "0000:02:00.0: attached to vm1 at 0x09", NULL, "assign vm1 uplink0@9");
}

/* A device in pciback whose name a boot has erased from libxl's records gets it again. */
static void test_told(void **state)
{
    (void)state;
    xvtd("name 3:0.0 uplink0");
    xen_set_record("0000:03:00.0", "name", NULL);
    expect(0, "0000:03:00.0: already in pciback", NULL, "assignable add uplink0");
    assert_string_equal(xen_record("0000:03:00.0", "name"), "uplink0");
    xen_set_record("0000:03:00.0", "name", NULL);
    expect(0, "0000:03:00.0: already named uplink0\n", "", "name 3:0.0 uplink0");
    assert_string_equal(xen_record("0000:03:00.0", "name"), "uplink0");
}

static void test_xls_option(void **state)
{
    (void)state;
    xvtd("name 3:0.0 uplink0");
    expect(3, "", "'uplink0' is 0000:03:00.0 already", "pci-assignable-add -n uplink0 2:0.0");
    expect(3, "", "'spare' is 0000:04:00.0 already", "pci-assignable-add -n spare 2:0.0");
    expect(0, "0000:03:00.0: already", NULL, "pci-assignable-add -n uplink0 3:0.0");
}

/* The file counts: it stays when the write for xl fails, and the same command again repeats it. */
static void test_half(void **state)
{
    (void)state;
    xen_fail_always("record_set", EIO);
    expect(5, "", "/etc/xvtd/names has the name, but xl does not know it", "name 2:0.0 uplink0");
    file_is(HEAD "uplink0 0000:02:00.0 8086:10d3:0000:0001");
    xen_fail_always(NULL, 0);
    expect(0, "0000:02:00.0: already named uplink0\n", "", "name 2:0.0 uplink0");
    assert_string_equal(xen_record("0000:02:00.0", "name"), "uplink0");
}

#define TEST(fn, set) cmocka_unit_test_setup_teardown(fn, set, machine_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_give, setup), TEST(test_refused, setup_xl), TEST(test_list, setup_xl),
        TEST(test_used, setup), TEST(test_half, setup),
        TEST(test_xls_option, setup_xl), TEST(test_told, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
