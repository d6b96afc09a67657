/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain xl ignores our locks: between any two of our calls and writes it may take the
 * device.  The owner keeps it, with correct records, and xvtd says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"
#include "xen/guest_pci.h"

static unsigned countdown;
static bool taken;
static size_t taken_at;     /* how many calls there were, that one included */
static const char *wanted;

/* As `xl pci-assignable-add` and `xl pci-attach vm2` do, if no guest has the device. */
static void xl_takes_it(void)
{
    char *now;
    char owned[64];

    if (!countdown || --countdown)
        return;
    now = machine_snapshot();
    snprintf(owned, sizeof(owned), "xenstore %s", wanted);
    if (!strstr(now, owned)) {
        kernel_bind(wanted, "pciback");
        xen_set_record(wanted, "driver_path", "/sys/bus/pci/drivers/e1000e");
        xen_set_quarantine(wanted, true);
        xen_give(2, wanted, 9, 0);
        taken = true;
        taken_at = xen_calls();
    }
    free(now);
}

/* The device is vm2's, in every respect. */
static void assert_vm2_has_it(unsigned when, const struct run *run)
{
    char *now = machine_snapshot(), line[128];
    static const char *const lines[] = {
        "\n%s driver=pciback override=\n", "\nqemu of vm2: %s at 9.0\n",
        "\nrecord %s domid=2\n", "\nrecord %s driver_path=/sys/bus/pci/drivers/e1000e\n",
        "\nxenstore %s domain 2 at 9.0\n",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        int n = (int)(strstr(lines[i], "%s") - lines[i]);

        snprintf(line, sizeof(line), "%.*s%s%s", n, lines[i], wanted, lines[i] + n + 2);
        if (!strstr(now, line))
            fail_msg("taken at %u: no '%s' in\n%s\nexit %d: %s", when, line, now, run->code,
                     run->err);
    }
    snprintf(line, sizeof(line), "qemu of vm1: %s", wanted);
    if (strstr(now, line))
        fail_msg("taken at %u: vm1 has it too\n%s", when, now);
    free(now);
    /* A failed attach makes libxl forget the owner, so xvtd must not try it. */
    snprintf(line, sizeof(line), "attach %s", wanted);
    for (size_t i = taken_at; i < xen_calls(); i++)
        if (!strcmp(xen_call(i), line))
            fail_msg("taken at %u: xvtd tries to attach it", when);
}

/* Runs the command, with xl before each of its calls and writes; returns how often xl was first. */
static unsigned race(const char *words, const char *bdf, bool safe_code_5)
{
    size_t calls, writes;
    unsigned lost = 0;

    wanted = bdf;
    machine_save();
    machine_reset();
    xvtd("%s", words);
    calls = xen_calls();
    writes = kernel_writes();
    for (unsigned n = 1; n <= calls + writes; n++) {
        struct run run;

        machine_reset();
        taken = false;
        countdown = n > calls ? n - (unsigned)calls : n;
        *(n > calls ? &kernel_hook : &xen_hook) = xl_takes_it;
        run = xvtd("%s", words);
        if (!taken || (!run.code && (n == calls || n == calls + writes)))
            continue; /* another guest had it then; or it was returned already, and taken anew */
        lost++;
        if (run.code != 1 && run.code != 3 && !(safe_code_5 && run.code == 5))
            fail_msg("taken at %u: exit %d: %s", n, run.code, run.err);
        if (!strstr(run.err, bdf))
            fail_msg("taken at %u: %s", n, run.err);
        assert_vm2_has_it(n, &run);
    }
    return lost;
}

static void test_assign(void **state)
{
    (void)state;
    assert_true(race("assign vm1 2:0.0 7", "0000:02:00.0", false) > 5);
}

static void test_assign_from_pciback(void **state)
{
    (void)state;
    assert_true(race("assign vm1 3:0.0 7", "0000:03:00.0", false) > 5);
}

static void test_remove(void **state)
{
    (void)state;
    assert_true(race("assignable remove 3:0.0", "0000:03:00.0", true) > 5);
}

static void test_detach_return(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    assert_true(race("detach vm1 2:0.0 --return", "0000:02:00.0", true) > 5);
}

static void test_restore(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0@7 9:0.0@8 9:0.1@a");
    expect(0, NULL, NULL, "eject vm1");
    assert_true(race("restore vm1", "0000:02:00.0", true) > 5);
}

/* Neither the second guest gets it nor the first one back. */
static void test_switch(void **state)
{
    (void)state;
    xen_add_guest(3, "vm3");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    assert_true(race("switch 2:0.0 vm1 vm3 9", "0000:02:00.0", true) > 1);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_assign),
        RUN(test_assign_from_pciback),
        RUN(test_remove),
        RUN(test_detach_return),
        RUN(test_restore),
        RUN(test_switch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
