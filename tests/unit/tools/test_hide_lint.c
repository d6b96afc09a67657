/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide --lint: verdict, place, what is taken, JSON and exit code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hide_machine.h"

static void test_verdicts(void **state)
{
    (void)state;
    hide_expect(0, "(0000:02:00.0) 0000:02:00.0", NULL, "--lint", "(0000:02:00.0)");
    hide_expect(0, "", NULL, "--lint", "");
    hide_expect(2, "(02:00.0),(03:00.0)\n         ^\n",
                "pciback-hide: lint: offset 9: ',' does not belong between entries\n"
                "hint: with this value the driver hides nothing at all",
                "--lint", "(02:00.0),(03:00.0)");
    hide_expect(2, "", "quotes do not belong in the value", "--lint", "\xe2\x80\x98(02:00.0)");
    hide_expect(2, NULL, "--lint-file does not go with --lint", "--lint", "", "--lint-file", "x");
    hide_expect(2, NULL, "02:00.0 does not go with --lint", "--lint", "", "02:00.0");
}

/* The functions that entries take here: absent ones, a bridge with all below it, dom0's disk. */
static void test_taken(void **state)
{
    struct run run;

    (void)state;
    hide_expect(0, "(05:00.0) -     no such function on this host", NULL, "--lint",
                "(05:00.0)");
    run = hide_run("--lint", "(00:1c.0)");
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "(00:1c.0) 0000:00:1c.0 a bridge"));
    assert_non_null(strstr(run.out, "0000:02:00.0 below the bridge 0000:00:1c.0"));
    assert_non_null(strstr(run.out, "0000:09:00.1 below the bridge 0000:00:1c.0"));
    assert_null(strstr(run.out, "0000:00:03.0"));
    hide_expect(0, "0000:00:03.0 dom0 uses it: vda > / (mount)", NULL, "--lint", "(00:03.0)");
    hide_expect(0, "(09:00.*) 0000:09:00.0 \n          0000:09:00.1 \n", NULL, "--lint",
                "(09:00.*)");
    /* A VMD's devices are not behind it for the driver. */
    run = hide_run("--lint", "(00:0e.0)");
    assert_null(strstr(run.out, "10000:e1:00.0"));
}

static void test_json(void **state)
{
    int code;
    struct run run = hide_run("--json", "--lint", "(09:00.*)(05:00.0)(00:03.0)");

    (void)state;
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_true(json_has(run.out, "\"ok\":true,\"parse_error\":null"));
    assert_true(json_has(run.out, "{\"text\":\"(09:00.*)\",\"offset\":0,\"matches\":"
                                  "[\"0000:09:00.0\",\"0000:09:00.1\"],\"in_use\":[]}"));
    assert_true(json_has(run.out, "{\"text\":\"(05:00.0)\",\"offset\":9,\"matches\":[]"));
    assert_true(json_has(run.out, "\"in_use\":[{\"bdf\":\"0000:00:03.0\",\"chain\":[\"vda\",\"/\"],"
                                  "\"what\":\"mount\",\"text\":\"vda>/\"}]"));
    run = hide_run("--json", "--lint", "(02:00.0)(02:20.0)");
    assert_int_equal(run.code, 2);
    assert_true(json_valid(run.out, &code));
    assert_int_equal(code, 2);
    assert_true(json_has(run.out, "\"ok\":false,\"parse_error\":{\"offset\":9,\"at\":13,"
                                  "\"message\":\"slot20isover1f\","));
    assert_true(json_has(run.out, "\"entries\":[],\"error\":{"));
}

static void test_files(void **state)
{
    char path[PATH_MAX + 16];

    (void)state;
    snprintf(path, sizeof(path), "%s/boot", tree_dir());
    tree_write("root=/dev/vda xen-pciback.hide=(02:00.0) quiet\n", "boot");
    hide_expect(0, "(02:00.0) 0000:02:00.0", NULL, "--lint-file", path);
    tree_write("quiet\n", "boot");
    hide_expect(4, NULL, "it has no xen-pciback.hide=\nhint: ", "--lint-file", path);
    /* Of several values, the error is about the one that would fail. */
    tree_write("a\nb xen-pciback.hide=(02:00) c\nd xen-pciback.hide=(02:00.0)\n", "boot");
    hide_expect(2, NULL, "offset 6: expected '.'", "--lint-file", path);
    hide_expect(2, "boot:2: error: offset 6: expected '.' after the slot [parse-error]", NULL,
                "--lint-file", path);
    tree_write("GRUB_CMDLINE_XEN='xen-pciback.hide=(02:00.0)'\n", "boot");
    hide_expect(2, "boot:1: error: it has no effect: it is on Xen's own command line, which dom0's "
                "driver does not read (GRUB_CMDLINE_XEN) [xen-line]\n",
                "boot:1: it has no effect", "--lint-file", path);
    tree_write("# xen-pciback.hide=(02:00.0)\n", "boot");
    hide_expect(4, "", "boot:1: the only xen-pciback.hide= is in a comment", "--lint-file", path);
    tree_write("menuentry 'a' {\nmodule2 /v xen-pciback.hide=(02:00.0)\n}\n"
               "menuentry 'b' {\nmodule2 /v xen-pciback.hide=(03:00.0)\n}\n", "boot");
    hide_expect(0, "boot:2: warning: menu entry 'a' has another value than 'b' in line 5 "
                "[entries-differ]\n", NULL, "--lint-file", path);
    tree_remove("boot");
    hide_expect(4, NULL, "boot: No such file or directory", "--lint-file", path);
    tree_mkdir("boot");
    hide_expect(2, NULL, "boot: Is a directory", "--lint-file", path);
}

/* A pasted value, and the value that its writer meant. */
static void test_pasted(void **state)
{
    int code;
    struct run run;

    (void)state;
    hide_expect(0, "(02:00.0) 0000:02:00.0", NULL, "--lint", "xen-pciback.hide=(02:00.0)");
    hide_expect(0, "(02:00.0) 0000:02:00.0", NULL, "--lint", "hide=(02:00.0)");
    hide_expect(0, "(02:00.0) 0000:02:00.0", NULL, "--lint",
                "GRUB_CMDLINE_LINUX=\"quiet xen-pciback.hide=(02:00.0)\"");
    hide_expect(2, NULL, "write (82:00.0)", "--lint", "(0000:82.00.0)");
    hide_expect(2, NULL, "write (02:00.0)(03:00.0)", "--lint", "02:00.0,03:00.0");
    hide_expect(2, NULL, "not even the valid entries", "--lint", "(nonsense)");
    run = hide_run("--json", "--lint", "xen-pciback.hide=(02:00.0),(03:00.0)");
    assert_int_equal(run.code, 2);
    assert_true(json_valid(run.out, &code));
    assert_true(json_has(run.out, "\"ok\":false,\"findings\":[{\"file\":\"STRING\",\"line\":1,"
                                  "\"kind\":\"parse-error\",\"severity\":\"error\""));
    assert_true(json_has(run.out, "\"fix\":\"(02:00.0)(03:00.0)\"}"));
}

/* A verdict needs no host. */
static void test_no_host(void **state)
{
    (void)state;
    tree_end();
    tree_begin();   /* another, empty one */
    hide_expect(0, "(02:00.0) -", "cannot tell what the entries hide", "--lint", "(02:00.0)");
    hide_expect(2, NULL, "expected '('", "--lint", "x");
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, hide_setup, hide_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_verdicts), RUN(test_taken), RUN(test_json), RUN(test_files),
        RUN(test_pasted), RUN(test_no_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
