/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of dom0's next boot: hints when a cfg grows, and what check finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

#define ADD "pciback-hide --install --add"

static int setup(void **state)
{
    machine_setup(state);
    tree_write("control_d\n", "proc/xen/capabilities");
    tree_write("name = 'vm1'\npci = [ ]\n", "vm1.cfg");
    return 0;
}

static void no_hint(const char *words)
{
    struct run run = xvtd("%s", words);

    assert_int_equal(run.code, 0);
    if (strstr(run.err, "hint"))
        fail_msg("%s: %s", words, run.err);
}

static void test_hint(void **state)
{
    char words[300];

    (void)state;
    expect(0, NULL, "xvtd: hint: not held at boot, so the guest will not start after dom0's next "
           "one: " ADD " 0000:02:00.0 0000:09:00.0 0000:09:00.1\n",
           "cfg add %s/vm1.cfg 2:0.0 9:0.*", tree_dir());
    expect(0, "saved", ADD " 0000:05:00.0\n", "assign vm1 5:0.0 --save=%s/vm1.cfg", tree_dir());
    expect(0, "saved", "", "detach vm1 5:0.0 --save=%s/vm1.cfg", tree_dir());
    snprintf(words, sizeof(words), "--dry-run assign vm1 5:0.0 --save=%s/vm1.cfg", tree_dir());
    no_hint(words);
    snprintf(words, sizeof(words), "cfg remove %s/vm1.cfg 2:0.0", tree_dir());
    no_hint(words);
    snprintf(words, sizeof(words), "-q cfg add %s/vm1.cfg 2:0.0", tree_dir());
    no_hint(words);
    /* Where it will be held, and where nobody can tell. */
    tree_write("3:0.0\n", "etc/xvtd/assignable");
    tree_write("options xen-pciback hide=(02:00.0)\n", "etc/modprobe.d/mine.conf");
    snprintf(words, sizeof(words), "cfg add %s/vm1.cfg 2:0.0 3:0.0 77:0.0", tree_dir());
    no_hint(words);
    tree_write("", "proc/xen/capabilities");
    snprintf(words, sizeof(words), "cfg add %s/vm1.cfg 5:0.0", tree_dir());
    no_hint(words);
}

static void test_check(void **state)
{
    struct run run;

    (void)state;
    run = xvtd("check");
    assert_null(strstr(run.out, "xendomains cannot start it"));
    tree_write("pci = [ '02:00.0@7', '03:00.0', '77:00.0' ]\n", "etc/xen/vm1.cfg");
    tree_link("../vm1.cfg", "etc/xen/auto/vm1.cfg");
    tree_write("pci = [ '09:00.*' ]\n", "etc/xen/auto/vm2.cfg");
    tree_write("pci = [ '05:00.0' ]\n", "etc/xen/auto/.vm3.cfg.swp");
    tree_write("3:0.0\n9:0.*\n", "etc/xvtd/assignable");
    run = xvtd("--json check");
    assert_non_null(strstr(run.out, "\"vm1.cfg\""));
    assert_non_null(strstr(run.out, "after dom0's next boot xendomains cannot start it: nothing "
                           "keeps 0000:02:00.0 from the native driver"));
    assert_non_null(strstr(run.out, ADD " 0000:02:00.0\""));
    assert_non_null(strstr(run.out, "this host has no 0000:77:00.0"));
    assert_non_null(strstr(run.out, "xvtd cfg remove /etc/xen/auto/vm1.cfg 0000:77:00.0\""));
    assert_null(strstr(run.out, "vm2.cfg"));
    assert_null(strstr(run.out, "vm3.cfg"));
    tree_remove("etc/xvtd/assignable");
    run = xvtd("--json check");
    assert_non_null(strstr(run.out, ADD " 0000:02:00.0 0000:03:00.0\""));
    assert_non_null(strstr(run.out, ADD " 0000:09:00.0 0000:09:00.1\""));
    run = xvtd("check vm1");    /* was not asked about these */
    assert_null(strstr(run.out, "xendomains cannot start it"));
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)
    const struct CMUnitTest tests[] = { RUN(test_hint), RUN(test_check) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
