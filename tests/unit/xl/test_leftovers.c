/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leftovers of crashed guests: `check` finds them, `recover` clears them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/stop.h"
#include "fake_xen.h"
#include "machine.h"

static const char *const nic = "0000:02:00.0";

/* An attach that got as far as QEMU before its process died. */
static void half_attach(uint32_t domid)
{
    char number[16];

    xen_give(domid, nic, 7, 0);
    snprintf(number, sizeof(number), "%u", domid);
    xen_assigned_remove(domid, xen_bdf(nic));
    xen_set_record(nic, "domid", number);
}

static void test_nothing(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    expect(0, "already clean: no leftovers\n", NULL, "recover");
    assert_machine(before);
    free(before);
}

/* The guest was destroyed, but its entry and record are still there. */
static void test_dead(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_crash(1);
    expect(0, "clear the leftovers of 0000:02:00.0 in domain 1, which no longer exists\n",
           NULL, "recover --dry-run");
    expect(0, "0000:02:00.0: cleared its leftovers in domain 1, which no longer exists\n", NULL,
           "recover");
    assert_null(xen_record(nic, "domid"));
    expect(0, "already clean", NULL, "recover");
    expect(0, "attached to vm2", NULL, "assign vm2 2:0.0");
}

/* libxl would refuse the device as not assignable. */
static void test_dead_and_wanted(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_crash(1);
    expect(0, "attached to vm2", NULL, "assign vm2 2:0.0");
    expect(0, "already clean", NULL, "recover");
    assert_string_equal(xen_record(nic, "domid"), "2");
    expect(0, "0x0000 0x02", NULL, "pci-list vm2");
}

static void test_half_attached(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assignable add 2:0.0");
    half_attach(1);
    expect(0, "already clean: no leftovers in vm2\n", NULL, "recover vm2");
    expect(0, "0000:02:00.0: cleared its leftovers in vm1\n", NULL, "recover vm1");
    assert_null(xen_record(nic, "domid"));
    expect(0, "attached to vm2", NULL, "assign vm2 2:0.0");
}

/* recover does not touch a device that xl is just attaching. */
static void finish_attach(void)
{
    if (strcmp(xen_call(xen_calls() - 1), "claims"))
        return;
    xen_hook = NULL;
    xen_assigned_add(&(struct guest_pci){ .bdf = xen_bdf(nic), .domid = 1, .vslot = 7 });
}

static void test_xl_at_work(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assignable add 2:0.0");
    half_attach(1);
    xen_hook = finish_attach;
    expect(0, "already clean", NULL, "recover");
    assert_string_equal(xen_record(nic, "domid"), "1");
    expect(0, "0x07", NULL, "pci-list vm1");
}

static void test_record(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assignable add 2:0.0");
    xen_set_record(nic, "domid", "9");
    expect(0, "cleared its leftovers in domain 9, which no longer exists\n", NULL, "recover");
    assert_null(xen_record(nic, "domid"));
    assert_string_equal(xen_record(nic, "driver_path"), "/sys/bus/pci/drivers/e1000e");
}

static void test_mute(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assignable add 2:0.0");
    half_attach(1);
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, NULL, "recover: 0000:02:00.0: 'vm1' has not released it\n"
           "hint: xvtd detach vm1 0000:02:00.0", "recover");
    xen_let_go(1);
    expect(0, "cleared", NULL, "recover");
}

/* recover waits only once for a device model that keeps many devices. */
static void test_mute_with_many(void **state)
{
    static const char *const many[] = { "0000:02:00.0", "0000:03:00.0", "0000:09:00.0" };
    long long began;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        kernel_bind(many[i], "pciback");
        xen_give(1, many[i], 7 + i, 0);
        xen_assigned_remove(1, xen_bdf(many[i]));
    }
    xen_set_ack(1, ACK_NEVER, 0);
    began = stop_now_ms();
    expect(5, NULL, "'vm1' has not released it", "recover --timeout=4");
    assert_true(stop_now_ms() - began < 8000);
    xen_set_ack(1, ACK_AT_ONCE, 0);
    xen_let_go(1);
    expect(0, "cleared", NULL, "recover");
}

/* Every call fails in turn: recover reports it, and the next recover finishes. */
static void test_faults(void **state)
{
    bool ended = false;

    (void)state;
    expect(0, NULL, NULL, "assignable add 2:0.0");
    half_attach(1);
    xen_give(2, "0000:03:00.0", 8, 0);
    xen_crash(2);
    machine_save();
    for (unsigned i = 1; !ended; i++) {
        struct run run;

        machine_reset();
        xen_forget();
        xen_fail(i, EIO, NULL, REACH_NOTHING, false);
        run = xvtd("recover");
        ended = xen_calls() < i;
        if (run.code)
            assert_true(run.code == 5 || run.code == 6 || run.code == 1);
        xen_fail(0, 0, NULL, REACH_NOTHING, false);
        expect(0, NULL, NULL, "recover");
        assert_null(xen_record(nic, "domid"));
        assert_null(xen_record("0000:03:00.0", "domid"));
        expect(0, "already clean", NULL, "recover");
    }
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_nothing), RUN(test_dead), RUN(test_dead_and_wanted), RUN(test_half_attached),
        RUN(test_xl_at_work), RUN(test_record), RUN(test_mute), RUN(test_mute_with_many),
        RUN(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
