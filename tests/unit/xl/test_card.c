/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A card whose functions can only be reset together, by the bridge above. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_xen.h"
#include "machine.h"

#define RESET "sys/bus/pci/devices/0000:00:1d.0/reset_subordinate=1"

/* 0b:00.0 and .1 below 00:1d.0, made assignable; nothing tells whether a guest had them. */
static int setup(void **state)
{
    int r = machine_setup(state);

    kernel_add_device("0000:00:1d.0", NULL, (struct fake_ids){ 0x8086, 0x3420, 0x060400 }, "");
    tree_write("", "%s/reset_subordinate", kernel_path("0000:00:1d.0"));
    for (unsigned i = 0; i < 2; i++) {
        char bdf[16];

        snprintf(bdf, sizeof(bdf), "0000:0b:00.%u", i);
        kernel_add_device(bdf, "0000:00:1d.0", (struct fake_ids){ 0x8086, 0x10d3, 0x020000 },
                          "e1000e");
        kernel_bind(bdf, "pciback");
        xen_set_quarantine(bdf, true);
        xen_set_record(bdf, "driver_path", "/sys/bus/pci/drivers/e1000e");
        tree_write("bus\n", "%s/reset_method", kernel_path(bdf));
        tree_write("\x86\x80\xd3\x10", "%s/config", kernel_path(bdf));
    }
    kernel_forget();
    return r;
}

/* How often the card was reset since the last look. */
static unsigned resets(void)
{
    unsigned n = 0;

    for (size_t i = 0; i < kernel_writes(); i++)
        n += !strcmp(kernel_write(i), RESET);
    kernel_forget();
    return n;
}

/* Runs it; it must succeed, not mention a hand-over, and reset the card this often. */
static void quietly(unsigned want, const char *words)
{
    struct run run = xvtd("%s", words);
    unsigned n = resets();

    if (run.code || run_noted(&run, "no-reset", NULL) || n != want)
        fail_msg("xvtd %s exits with %d after %u resets and says\n%s", words, run.code, n, run.err);
}

static void test_between_guests(void **state)
{
    (void)state;
    expect(0, "reset the card of 0000:0b:00.0: all 2 functions below 0000:00:1d.0", "",
           "--dry-run assign vm1 b:0.*");
    assert_int_equal(resets(), 0);
    quietly(1, "assign vm1 b:0.*");
    quietly(0, "detach vm1 b:0.*");
    quietly(0, "assign vm1 b:0.*");     /* the same guest again */
    quietly(0, "detach vm1 b:0.*");
    quietly(1, "assign vm2 b:0.*");
    quietly(1, "detach vm2 b:0.* --return");
    quietly(1, "assign vm1 b:0.*");     /* taken from their driver first */
}

static void test_switch(void **state)
{
    struct run run;

    (void)state;
    xen_set_multifunction(1, true);
    xen_set_multifunction(2, true);
    quietly(1, "assign vm1 b:0.* 8");
    run = xvtd("switch b:0.0 vm1 vm2 9");
    assert_int_equal(run.code, 0);
    assert_false(run_noted(&run, "no-reset", NULL));
    assert_int_equal(resets(), 1);
}

static void test_strict(void **state)
{
    (void)state;
    tree_write("reset = strict\n", "etc/xvtd/policy");
    expect(3, "", "a guest may have had it, and it cannot be reset", "assign vm1 b:0.0");
    assert_int_equal(resets(), 0);
    quietly(1, "assign vm1 b:0.*");
    quietly(0, "detach vm1 b:0.*");
    quietly(1, "assignable remove b:0.*");
    tree_write("control_d\n", "proc/xen/capabilities");
    expect(0, "reset with its card", NULL, "check vm1 b:0.*");
}

/* No reset of the card for one function alone, or while a guest has the other. */
static void test_not_whole(void **state)
{
    (void)state;
    expect(0, NULL, "0000:0b:00.0: a guest may have had it", "assign vm1 b:0.0");
    assert_int_equal(resets(), 0);
    expect(0, NULL, "0000:0b:00.1: a guest may have had it", "assign vm1 b:0.*");
    assert_int_equal(resets(), 0);      /* vm1 has the other */
    tree_write("control_d\n", "proc/xen/capabilities");
    expect(1, "--with-functions, --with-group): xvtd resets them together", NULL,
           "check 9:0.0 b:0.1");
}

static void old_kernel(void) { tree_remove("%s/reset_subordinate", kernel_path("0000:00:1d.0")); }

static void test_old_kernel(void **state)
{
    (void)state;
    old_kernel();
    expect(0, NULL, "0000:0b:00.0: a guest may have had it", "assign vm1 b:0.*");
    assert_int_equal(resets(), 0);
}

static void break_away(void)
{
    kernel_hook = NULL;
    tree_write("\xff\xff\xff\xff", "%s/config", kernel_path("0000:0b:00.1"));
}

/* If the reset fails, or a function does not come back, no guest gets the card. */
static void test_errors(void **state)
{
    (void)state;
    kernel_fail(1, ENOTTY, false);
    expect(1, NULL, "0000:00:1d.0: reset all below it: ", "assign vm1 b:0.*");
    assert_string_equal(kernel_driver(xen_bdf("0000:0b:00.0")), "pciback");
    kernel_forget();
    kernel_hook = break_away;
    expect(1, NULL, "0000:0b:00.1: it does not answer after a reset of its card",
           "assign vm1 b:0.*");
    assert_int_equal(resets(), 1);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_between_guests), RUN(test_switch), RUN(test_strict), RUN(test_not_whole),
        RUN(test_old_kernel), RUN(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
