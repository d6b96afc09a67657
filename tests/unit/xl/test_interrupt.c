/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest with PV drivers, whose interrupts libxl and QEMU would take from it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/root.h"
#include "machine.h"

#define ACPI 16

static void set_irq(const char *bdf, unsigned irq)
{
    char text[16], path[128];

    snprintf(text, sizeof(text), "%u\n", irq);
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/irq", bdf);
    tree_remove("%s", path);
    tree_write(text, "%s", path);
}

/* An MSI capability behind PCI Express's, which is the first and only one. */
static void add_msi(const char *bdf)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    AUTO_CLOSE int fd = root_openf(root, O_RDWR, "sys/bus/pci/devices/%s/config", bdf);

    assert_int_equal(pwrite(fd, "\x50", 1, 0x41), 1);
    assert_int_equal(pwrite(fd, "\x05", 1, 0x50), 1);
}

/* 02:00.0, 03:00.0 and 09:00.0 have MSI, 05:00.0 has none; all have IRQ 16. */
static int pv_setup(void **state)
{
    static const char *const nics[] = { "0000:02:00.0", "0000:03:00.0", "0000:05:00.0",
                                        "0000:09:00.0" };
    int r = machine_setup(state);

    for (size_t i = 0; i < sizeof(nics) / sizeof(nics[0]); i++)
        set_irq(nics[i], ACPI);
    add_msi("0000:02:00.0");
    add_msi("0000:03:00.0");
    add_msi("0000:09:00.0");
    xen_set_pirqs(1, ACPI, 22);
    return r;
}

static size_t calls_like(const char *begin)
{
    size_t n = 0;

    for (size_t i = 0; i < xen_calls(); i++)
        n += !strncmp(xen_call(i), begin, strlen(begin));
    return n;
}

static void test_apart(void **state)
{
    (void)state;
    expect_note("attach 0000:02:00.0 to vm1 at slot 0x07, with its IRQ kept apart from the guest's",
                "irq", "0000:02:00.0", "--dry-run assign vm1 2:0.0 7");
    for (int round = 0; round < 3; round++) {
        expect(0, "attached to vm1 at 0x07\n", NULL, "assign vm1 2:0.0 7");
        assert_false(xen_irq_held(1));
        expect(0, "detached from vm1\n", NULL, "detach vm1 2:0.0");
        assert_false(xen_pirq_lost(1, ACPI));
    }
}

static void test_two(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 3:0.0");
    assert_false(xen_irq_held(1));
    expect(0, NULL, NULL, "detach vm1 2:0.0 3:0.0");
    assert_false(xen_pirq_lost(1, ACPI));
}

/* Nothing is kept apart where no interrupt can be lost. */
static void test_no_collision(void **state)
{
    (void)state;
    set_irq("0000:02:00.0", 40);
    expect(0, "at slot 0x07  (undo", NULL, "--dry-run assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    assert_int_equal(calls_like("hold"), 0);
    expect(0, NULL, NULL, "detach vm1 2:0.0");
    set_irq("0000:02:00.0", ACPI);
    xen_forget();
    expect(0, NULL, NULL, "assign vm2 2:0.0 7");
    assert_int_equal(calls_like("hold"), 0);
}

static void test_plain(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --irq=plain");
    assert_int_equal(calls_like("hold"), 0);
    expect(0, "detached from vm1 (its IRQ was not kept apart", NULL, "detach vm1 2:0.0");
    assert_true(xen_pirq_lost(1, ACPI));
    expect(2, NULL, "--irq=twisted: expected auto or plain", "assign vm1 2:0.0 --irq=twisted");
}

static void test_policy(void **state)
{
    (void)state;
    tree_write("# no experiments\nirq = plain\n", "etc/xvtd/policy");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    assert_int_equal(calls_like("hold"), 0);
    expect(0, NULL, NULL, "detach vm1 2:0.0");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --irq=auto");
    assert_int_equal(calls_like("hold"), 1);
    expect(0, NULL, NULL, "detach vm1 2:0.0");
    xen_forget();
    tree_write("irq = auto\n", "etc/xvtd/policy");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    assert_int_equal(calls_like("hold"), 1);
    expect(0, NULL, NULL, "detach vm1 2:0.0");
    tree_write("irq = plian\n", "etc/xvtd/policy");
    expect(2, NULL, "/etc/xvtd/policy: 'irq = plian' is not a line of a policy",
           "assign vm1 2:0.0 7");
}

static void test_refused(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    expect(3, NULL, "without MSI xvtd cannot prevent that\nhint: ", "assign vm1 5:0.0 7");
    tree_write("control_d\n", "proc/xen/capabilities");
    expect(1, "without MSI xvtd cannot prevent that", NULL, "check vm1 5:0.0");
    strcpy(xen_self()->version, "4.16.2");
    expect(3, NULL, "is not tested on Xen 4.16.2\nhint: ", "assign vm1 2:0.0 7");
    strcpy(xen_self()->version, "4.17.7");
    assert_machine(before);
    free(before);
    expect(0, NULL, NULL, "assign vm1 5:0.0 7 --irq=plain");
}

/* A guest that lost its ACPI interrupt still notices xvtd's changes, and xvtd prints a note. */
static void test_woken(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --irq=plain");
    expect(0, NULL, NULL, "detach vm1 2:0.0");
    assert_true(xen_pirq_lost(1, ACPI));
    tree_write("control_d\n", "proc/xen/capabilities");
    xen_raise(1);
    expect(1, "it handles no hot-plug events", NULL, "check vm1");
    expect(0, "attached to vm1 at 0x07 (the guest has lost its ACPI interrupt", NULL,
           "assign vm1 2:0.0 7");
    expect(0, "detached from vm1 (the guest has lost its ACPI interrupt", NULL, "detach vm1 2:0.0");
}

/* Beside a device attached plainly with the same IRQ xvtd cannot hold it, and loses nothing. */
static void test_beside_plain(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 3:0.0 8 --irq=plain");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "detach vm1 3:0.0");
    assert_false(xen_pirq_lost(1, ACPI));
}

/* Xen 4.20 leaves a line mapped when the last of several devices has left by xl. */
static void test_line_left_mapped(void **state)
{
    (void)state;
    xen_set_astray(2, ACPI);
    expect(0, NULL, NULL, "assign vm2 2:0.0 7");
    assert_int_equal(calls_like("clear"), 1);
    expect(0, NULL, NULL, "assign vm2 3:0.0 8"); /* its line is the other one's, too */
    assert_int_equal(calls_like("clear"), 1);
}

/* After any failure no IRQ stays held, and no device has moved. */
static void test_faults(void **state)
{
    char *before = machine_snapshot();
    struct run run;
    unsigned n = 0;

    (void)state;
    machine_save();
    do {
        machine_reset();
        xen_fail(++n, EIO, NULL, REACH_NOTHING, false);
        run = xvtd("assign vm1 2:0.0 7");
        xen_fail(0, 0, NULL, REACH_NOTHING, false);
        if (run.code && run.code != 5)
            assert_machine(before);
        if (run.code == 5)
            run = xvtd("recover");
        assert_false(xen_irq_held(1));
        run_end();
    } while (n < 200 && run.code);
    free(before);
}

static void test_killed(void **state)
{
    (void)state;
    machine_save();
    for (unsigned call = 1;; call++) {
        machine_reset();
        if (!killed(call, 0, "assign vm1 2:0.0 7"))
            break;
        expect(0, NULL, NULL, "recover");
        assert_false(xen_irq_held(1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, pv_setup, machine_teardown)
        T(test_apart),
        T(test_two),
        T(test_no_collision),
        T(test_plain),
        T(test_policy),
        T(test_refused),
        T(test_woken),
        T(test_beside_plain),
        T(test_line_left_mapped),
        T(test_faults),
        T(test_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
