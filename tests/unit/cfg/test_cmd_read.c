/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cfg list and cfg check on a made-up machine. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../../libxl-plugin/commands/cmd_cfg_host.c"
#include "../../../libxl-plugin/commands/cmd_cfg_read.c"
#include "fake_program.h"

static int list(struct fake_program *p)
{
    return fake_run(p, &cmd_cfg_list, "", "FILES vm.cfg");
}

static int check(struct fake_program *p, const char *options, const char *files)
{
    return fake_run(p, &cmd_cfg_check, options, files);
}

static int setup(void **state)
{
    static struct fake_program p;

    *state = &p;
    fake_open(&p);
    fake_device(&p, "0000:02:00.0", "8086", "10d3", 0);
    fake_device(&p, "0000:03:00.0", "8086", "10fb", 0);
    return 0;
}

static int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

static void test_list(void **state)
{
    struct fake_program *p = *state;

    fake_put(p, "vm.cfg", "pci = [ '2:0.0@7,seize=1,x=\xff,seize=0',\n  'name=n' ]\n");
    assert_int_equal(list(p), 0);
    assert_non_null(strstr(p->out, "0000:02:00.0 0x07 1:9"));
    assert_non_null(strstr(p->out, "n                 2:3"));
    assert_non_null(strstr(p->notes, "unknown-key vm.cfg\n"));
    p->x.json = true;
    assert_int_equal(list(p), 0);
    assert_non_null(strstr(p->out, "\"file\": \"vm.cfg\""));
    assert_non_null(strstr(p->out, "\"spec\": \"2:0.0@7,seize=1,x=\xef\xbf\xbd,seize=0\""));
    assert_non_null(strstr(p->out, "\"seize\": \"0\""));
    assert_null(strstr(p->out, "\"seize\": \"1\""));
    assert_non_null(strstr(p->out, "\"line\": 2"));
    assert_non_null(strstr(p->out, "\"column\": 3"));
    assert_non_null(strstr(p->out, "\"bdf\": null"));
}

static void test_list_failures(void **state)
{
    struct fake_program *p = *state;

    assert_int_equal(list(p), XV_NOT_FOUND);
    fake_put(p, "vm.cfg", "pci = [ \xe2\x80\x98" "02:00.0\xe2\x80\x99 ]\r\n");
    assert_int_equal(list(p), 0); /* list still reads the text */
    assert_non_null(strstr(p->out, "0000:02:00.0"));
    assert_non_null(strstr(p->notes, "curly-quote vm.cfg\n"));
    assert_non_null(strstr(p->notes, "refused vm.cfg\n"));
}

/* The cfg's own settings apply to items that do not set them. */
static void test_list_defaults(void **state)
{
    struct fake_program *p = *state;

    fake_put(p, "vm.cfg", "pci_seize = 1\npci_permissive = '1'\npci_power_mgmt = 'yes'\n"
                          "pci = [ '2:0.0' ]\n");
    assert_int_equal(list(p), 0);
    assert_non_null(strstr(p->out, "\ndefaults: permissive=1,seize=1\n"));
    p->x.json = true;
    assert_int_equal(list(p), 0);
    assert_non_null(strstr(p->out, "\"accepted\": true"));
    assert_non_null(strstr(p->out, "\"power_mgmt\": false"));
}

static void test_check(void **state)
{
    struct fake_program *p = *state;

    fake_put(p, "vm.cfg", "passthrough='enabled'\npci=['02:00.0,permissive=yes']\n");
    assert_int_equal(check(p, "", "FILES vm.cfg"), 0);
    assert_string_equal(p->out, "vm.cfg:2:15: warning: permissive=yes means permissive=0 to xl, "
                        "which reads a number there [not-boolean]\n"
                        "    fix: '02:00.0,permissive=1'\n");
    p->x.dry_run = true;
    assert_int_equal(check(p, "--fix", "FILES vm.cfg"), 0);
    assert_string_equal(p->notes, "corrected vm.cfg\n");
    p->x.dry_run = false;
    assert_int_equal(check(p, "--fix", "FILES vm.cfg"), 0);
    assert_string_equal(p->notes, "corrected vm.cfg\n");
    assert_string_equal(p->out, "vm.cfg: ok\n");
    fake_assert_text(p, "vm.cfg", "passthrough='enabled'\npci=['02:00.0,permissive=1']\n");
}

static void test_check_many(void **state)
{
    struct fake_program *p = *state;

    p->x.json = true;
    fake_put(p, "a", "name='a'\npassthrough='enabled'\npci=['02:00.0']\n");
    fake_put(p, "b", "name='b'\npassthrough='enabled'\npci=['0000:02:00.0','09:00.0']\n");
    assert_int_equal(check(p, "", "FILES a b"), 0);
    assert_non_null(strstr(p->out, "\"ok\": true"));
    assert_non_null(strstr(p->out, "\"kind\": \"shared-device\""));
    assert_non_null(strstr(p->out, "\"kind\": \"absent-device\""));
    assert_non_null(strstr(p->out, "\"severity\": \"warning\""));
    assert_int_equal(check(p, "", "FILES a"), 0);
    assert_non_null(strstr(p->out, "\"ok\": true"));
    assert_int_equal(check(p, "", "FILES a none"), XV_NOT_FOUND);
}

/* Advice that applies to nearly every cfg is printed once, and does not change the exit code. */
static void test_advice(void **state)
{
    struct fake_program *p = *state;

    fake_put(p, "a", "name='a'\npci=['02:00.0']\n");
    fake_put(p, "b", "name='b'\npci=['03:00.0']\n");
    assert_int_equal(check(p, "", "FILES a b"), 0);
    assert_non_null(strstr(p->out, "a: ok\nb: ok\na, b: warning: once the guest reboots"));
    fake_put(p, "b", "name='b'\npassthrough='on'\npci=['03:00.0']\n");
    assert_int_equal(check(p, "", "FILES b"), XV_FAILED);
    assert_string_equal(p->e.kind, "check-failed");
}

/* The device at 02:00.0 was put into the slot of 03:00.0 since. */
static void test_renumbered(void **state)
{
    struct fake_program *p = *state;

    fake_put(p, "vm.cfg", "passthrough='enabled'\n"
             "# xvtd: 0000:02:00.0 is 8086:10fb:1234:5678\npci=['02:00.0@7']\n");
    assert_int_equal(check(p, "", "FILES vm.cfg"), XV_FAILED);
    assert_non_null(strstr(p->out, "that device is now 0000:03:00.0 [identity-changed]\n"
                                   "    fix: '0000:03:00.0@7'\n"));
    fake_device(p, "0000:04:00.0", "8086", "10fb", 0); /* a twin: nothing to propose */
    assert_int_equal(check(p, "", "FILES vm.cfg"), XV_FAILED);
    assert_null(strstr(p->out, "fix:"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_list),
        TEST(test_list_failures), TEST(test_list_defaults),
        TEST(test_check),
        TEST(test_check_many),
        TEST(test_advice),
        TEST(test_renumbered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
