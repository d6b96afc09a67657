/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain xl ignores our locks: between any two of our calls and writes it may take the
 * device.  Whoever has it keeps it, with records that are right, and we say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest_pci.h"
#include "machine.h"

static unsigned countdown;
static bool taken;
static const char *wanted;

/* What `xl pci-attach vm2`, after pci-assignable-add, does to the device while it is free. */
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
    if (strstr(now, "qemu of vm1"))
        fail_msg("taken at %u: vm1 has something\n%s", when, now);
    free(now);
}

/* Runs the command with xl at work before each of its calls and writes. */
static void race(const char *words, const char *bdf, bool safe_code_5)
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
            continue; /* not free then; or returned already, and taken anew */
        lost++;
        if (run.code != 1 && run.code != 3 && !(safe_code_5 && run.code == 5))
            fail_msg("taken at %u: exit %d: %s", n, run.code, run.err);
        if (!strstr(run.err, bdf))
            fail_msg("taken at %u: %s", n, run.err);
        assert_vm2_has_it(n, &run);
    }
    assert_true(lost > 5);
}

static void test_assign(void **state)
{
    (void)state;
    race("assign vm1 2:0.0 7", "0000:02:00.0", false);
}

static void test_assign_from_pciback(void **state)
{
    (void)state;
    race("assign vm1 3:0.0 7", "0000:03:00.0", false);
}

static void test_remove(void **state)
{
    (void)state;
    race("assignable remove 3:0.0", "0000:03:00.0", true);
}

static void test_detach_return(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    race("detach vm1 2:0.0 --return", "0000:02:00.0", true);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_assign),
        RUN(test_assign_from_pciback),
        RUN(test_remove),
        RUN(test_detach_return),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
