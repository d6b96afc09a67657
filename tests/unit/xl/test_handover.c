/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that cannot be reset, and who gets them after a guest had them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

#define POLICY "etc/xvtd/policy"

/* 6:0.0, which vm2 has, and 3:0.0 in pciback have no way to be reset. */
static int setup(void **state)
{
    int r = machine_setup(state);

    tree_write("\n", "%s/reset_method", kernel_path("0000:06:00.0"));
    tree_write("bus\n", "%s/reset_method", kernel_path("0000:03:00.0"));
    return r;
}

/* Runs it; the output must not mention a hand-over. */
static void quietly(const char *words)
{
    struct run run = xvtd("%s", words);

    if (run.code || run_noted(&run, "no-reset", NULL))
        fail_msg("xvtd %s exits with %d and says\n%s", words, run.code, run.err);
}

static void test_warned(void **state)
{
    (void)state;
    quietly("detach vm2 6:0.0");
    quietly("assign vm2 6:0.0 5"); /* the same guest again */
    expect_note("attached to vm1", "no-reset", "0000:06:00.0", "switch 6:0.0 vm2 vm1 7");
    quietly("eject vm1");
    quietly("restore vm1");
    quietly("detach vm1 6:0.0");
    expect_note("attached to vm2", "no-reset", "0000:06:00.0", "assign vm2 6:0.0 7");
    expect_note("returned to driver", "no-reset", "0000:06:00.0", "detach vm2 6:0.0 --return");
    /* the device still has data of dom0 from the time between */
    expect_note("attached to vm1", "no-reset", "0000:06:00.0", "assign vm1 6:0.0 7");
    quietly("assign vm1 2:0.0 8"); /* can be reset */
}

/* No note about a device that was in pciback: xl may have put it there. */
static void test_unknown(void **state)
{
    (void)state;
    expect_note("", "no-reset", "0000:03:00.0", "assign vm1 3:0.0 7");
    quietly("detach vm1 3:0.0");
    quietly("assign vm1 3:0.0 7");
    expect_note("", "no-reset", "0000:03:00.0", "switch 3:0.0 vm1 vm2");
}

static void test_strict(void **state)
{
    char *before;

    (void)state;
    tree_write("# what has no reset stays\nirq = plain\n  reset = strict\n", POLICY);
    before = machine_snapshot();
    expect(3, NULL, "a guest had it, and it cannot be reset", "switch 6:0.0 vm2 vm1 7");
    expect(3, NULL, "--allow=no-reset", "detach vm2 6:0.0 --return");
    expect(3, NULL, "a guest may have had it", "assign vm1 3:0.0");
    expect(3, NULL, "a guest may have had it", "assignable remove 3:0.0");
    assert_machine(before);
    free(before);
    quietly("detach vm2 6:0.0");
    quietly("assign vm2 6:0.0 5");
    quietly("eject vm2");
    quietly("restore vm2");
    expect_note("attached to vm1", "no-reset", "0000:06:00.0",
                "switch 6:0.0 vm2 vm1 7 --allow=no-reset");
    quietly("eject vm1");
    quietly("restore vm1");
    tree_write("reset = warn\n", POLICY);
    before = machine_snapshot();
    expect(3, NULL, "a guest had it", "switch 6:0.0 vm1 vm2 7 --strict-reset");
    expect(3, NULL, "a guest may have had it", "assign vm2 3:0.0 7 --strict-reset");
    assert_machine(before);
    expect_note("attached to vm2", "no-reset", "0000:06:00.0", "switch 6:0.0 vm1 vm2 7");
    tree_write("reset = sometimes\n", POLICY);
    expect(2, NULL, "/etc/xvtd/policy: 'reset = sometimes' is not a line of a policy",
           "assign vm1 2:0.0 7");
    free(before);
}

/* check and show warn before. */
static void test_said_before(void **state)
{
    (void)state;
    tree_write("control_d\n", "proc/xen/capabilities");
    expect(0, NULL, NULL, "detach vm2 6:0.0");
    expect(0, "cannot be reset alone, and a guest had it", NULL, "check vm1 6:0.0");
    tree_write("reset = strict\n", POLICY);
    expect(1, "a guest had it, and it cannot be reset", NULL, "check vm1 6:0.0");
    expect(0, "a guest had it, and it cannot be reset", NULL, "show 6:0.0");
    /* no reset of its own, and alone on its bus: that one will do */
    kernel_add_device("0000:00:1d.0", NULL, (struct fake_ids){ 0x8086, 0x3420, 0x060400 }, "");
    kernel_add_device("0000:0a:00.0", "0000:00:1d.0", (struct fake_ids){ 0x8086, 0x10d3, 0x020000 },
                      "e1000e");
    kernel_bind("0000:0a:00.0", "pciback");
    tree_write("bus\n", "%s/reset_method", kernel_path("0000:0a:00.0"));
    quietly("assign vm1 a:0.0 9");
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_warned),
        RUN(test_unknown),
        RUN(test_strict),
        RUN(test_said_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
