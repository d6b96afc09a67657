/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that do not let go, or late, or only by force. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/stop.h"
#include "machine.h"

static const struct bdf nic = { 0, 2, 0, 0 };

static void test_pending(void **state)
{
    char *before = machine_snapshot(), *pending;

    (void)state;
    xen_set_ack(1, ACK_NEVER, 0);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(5, "0000:02:00.0: 'vm1' has not acknowledged the removal; the request is still pending\n",
           "xvtd: detach: 0000:02:00.0: 'vm1' has not acknowledged the removal; the request is "
           "still pending\n"
           "hint: the guest may release it later: run the same detach again to check; --force "
           "takes the device away", "detach vm1 2:0.0 --timeout=5");
    pending = machine_snapshot();
    assert_non_null(strstr(pending, "pending in vm1: 0000:02:00.0"));
    expect(0, "0x07 0x0000 0x02 0x00 0x0", NULL, "pci-list vm1");

    /* The same command again makes nothing worse. */
    expect(5, NULL, "still pending", "detach vm1 2:0.0 --timeout=5");
    assert_machine(pending);

    /* The guest lets go later, but xenstore still lists the device: the same command finishes. */
    xen_let_go(1);
    expect(0, "0000:02:00.0: detached from vm1\n", NULL, "detach vm1 2:0.0 --timeout=5");
    expect(0, "returned to driver e1000e", NULL, "assignable remove 2:0.0");
    assert_machine(before);
    free(pending);
    free(before);
}

static void test_pending_returns_later(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    xen_set_ack(1, ACK_NEVER, 0);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(5, "still pending", NULL, "detach vm1 2:0.0 --return --timeout=3");
    assert_string_equal(kernel_driver(nic), "pciback");
    xen_let_go(1);
    expect(0, "0000:02:00.0: returned to driver e1000e\n", NULL, "detach vm1 2:0.0 --return");
    assert_machine(before);
    free(before);
}

static void test_json(void **state)
{
    struct run run;
    int code;

    (void)state;
    xen_set_ack(1, ACK_NEVER, 0);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    run = xvtd("detach --json vm1 2:0.0 --timeout=3");
    assert_int_equal(run.code, 5);
    assert_true(json_valid(run.out, &code));
    assert_int_equal(code, 5);
    assert_non_null(strstr(run.out, "\"status\": \"pending\""));
    assert_non_null(strstr(run.out, "\"kind\": \"pending\""));
}

static void test_patience(void **state)
{
    long long started;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_NEVER, 0);
    started = stop_now_ms();
    expect(5, NULL, NULL, "detach vm1 2:0.0 --timeout=17");
    assert_in_range(stop_now_ms() - started, 16900, 17500);
    started = stop_now_ms();
    expect(5, NULL, NULL, "detach vm1 2:0.0");
    assert_in_range(stop_now_ms() - started, 29900, 30500);
    expect(2, NULL, "'0' is not a valid timeout: expected a number from 1 to 3600",
           "detach vm1 2:0.0 --timeout=0");
    expect(2, NULL, "'3601' is not a valid timeout", "detach vm1 2:0.0 --timeout=3601");
    expect(2, NULL, "'5s' is not a valid timeout", "detach vm1 2:0.0 --timeout=5s");
}

/* Every moment at which a guest can let go while it is waited for. */
static void test_late(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    machine_save();
    for (unsigned looks = 0; looks < 100; looks++) {
        machine_reset();
        expect(0, NULL, NULL, "assign vm1 2:0.0 7");
        xen_set_ack(1, ACK_LATE, looks);
        expect(0, "0000:02:00.0: returned to driver e1000e\n", NULL, "detach vm1 2:0.0 --return");
        xen_set_ack(1, ACK_AT_ONCE, 0);
        assert_machine(before);
    }
    free(before);
}

/* A QEMU that reports events is polled less often, and the time limit still holds. */
static void test_told(void **state)
{
    char *before = machine_snapshot();
    long long started;

    (void)state;
    machine_save();
    for (unsigned looks = 0; looks < 25; looks++) {
        machine_reset();
        xen_set_tells(true);
        expect(0, NULL, NULL, "assign vm1 2:0.0 7");
        xen_set_ack(1, ACK_LATE, looks);
        expect(0, "0000:02:00.0: returned to driver e1000e\n", NULL, "detach vm1 2:0.0 --return");
        xen_set_ack(1, ACK_AT_ONCE, 0);
        assert_machine(before);
    }
    free(before);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_NEVER, 0);
    started = stop_now_ms();
    expect(5, NULL, NULL, "detach vm1 2:0.0 --timeout=3");
    assert_in_range(stop_now_ms() - started, 2900, 3500);
}

/* One of several lets go: each is reported as it is, and only released ones return. */
static void test_some(void **state)
{
    struct run run;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "assign vm1 3:0.0 8");
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, NULL, NULL, "detach vm1 3:0.0 --timeout=2");
    xen_set_ack(1, ACK_AT_ONCE, 0);
    run = xvtd("detach vm1 2:0.0 3:0.0 --return --timeout=2");
    assert_int_equal(run.code, 5);
    assert_non_null(strstr(run.out, "0000:02:00.0: returned to driver e1000e\n"));
    assert_non_null(strstr(run.out, "0000:03:00.0: 'vm1' has not acknowledged"));
    assert_string_equal(kernel_driver(nic), "e1000e");
    assert_string_equal(kernel_driver((struct bdf){ 0, 3, 0, 0 }), "pciback");
}

static void test_paused(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_destroy(1);
    xen_add_guest(1, "vm1")->paused = true;
    xen_give(1, "0000:02:00.0", 7, 0);
    expect(5, NULL, "hint: 'vm1' is paused: run `xl unpause vm1`", "detach vm1 2:0.0 --timeout=2");
    xen_let_go(1);
    expect(0, "detached from vm1", NULL, "detach vm1 2:0.0");
}

/* --force on a mute guest: Xen has the device back, QEMU keeps it, and no guest may get it. */
static void test_force(void **state)
{
    char *before = machine_snapshot(), *held;

    (void)state;
    xen_set_ack(1, ACK_NEVER, 0);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(5, "Xen took it from 'vm1', but its device model still has it",
           "hint: no other guest and no driver gets it until the guest releases it",
           "detach vm1 2:0.0 --force --return --timeout=3");
    assert_string_equal(kernel_driver(nic), "pciback");
    held = machine_snapshot();
    assert_null(strstr(held, "xenstore 0000:02:00.0"));

    expect(3, NULL, "assign: 0000:02:00.0: the device model of 'vm1' still has it, although Xen "
           "took it away\n"
           "hint: wait for the guest to release it (xvtd detach vm1 0000:02:00.0), or shut the "
           "guest down", "assign vm2 2:0.0");
    expect(3, NULL, "the device model of 'vm1' still has it", "assign vm1 2:0.0");
    expect(3, NULL, "the device model of 'vm1' still has it", "assignable remove 2:0.0");
    expect(3, NULL, "the device model of 'vm1' still has it", "pci-assignable-remove -r 2:0.0");
    assert_machine(held);
    expect(5, NULL, "its device model still has it", "detach vm1 2:0.0 --timeout=3");
    expect(5, NULL, "its device model still has it", "detach vm1 2:0.0 --force --timeout=3");
    assert_machine(held);

    xen_let_go(1);
    expect(0, "0000:02:00.0: returned to driver e1000e\n", NULL, "detach vm1 2:0.0 --return");
    assert_machine(before);
    free(held);
    free(before);
}

/* QEMU holds the device until the guest is shut down: then it is assignable. */
static void test_force_then_shutdown(void **state)
{
    (void)state;
    xen_set_ack(1, ACK_NEVER, 0);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(5, NULL, NULL, "detach vm1 2:0.0 --force --timeout=3");
    xen_destroy(1);
    expect(0, "attached to vm2", NULL, "assign vm2 2:0.0");
}

/* --force waits the time out first: a guest that lets go in time is not forced. */
static void test_force_not_needed(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_LATE, 40);
    xen_forget();
    expect(0, "detached from vm1", NULL, "detach vm1 2:0.0 --force --timeout=20");
    for (size_t i = 0; i < xen_calls(); i++)
        if (!strncmp(xen_call(i), "destroy", 7)) /* removes what libxl gave up on */
            assert_true(i + 4 >= xen_calls());
}

static unsigned count_calls(const char *name)
{
    unsigned n = 0;

    for (size_t i = 0; i < xen_calls(); i++)
        n += !strncmp(xen_call(i), name, strlen(name));
    return n;
}

/* QEMU is asked again now and then, not at every look. */
static void test_asked_again(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_NEVER, 0);
    xen_forget();
    expect(5, NULL, NULL, "detach vm1 2:0.0");
    assert_in_range(count_calls("unplug"), 1, 6);
    assert_int_equal(count_calls("destroy"), 0);
}

/* The guest has let go, but libxl cannot clean up: xvtd says so, and seldom retries. */
static void test_untidy(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_forget();
    xen_fail_always("destroy", 5);
    expect(5, NULL, "detach: 0000:02:00.0: 'vm1' has released it, but libxl's records could not be "
           "cleared: detach 0000:02:00.0: libxl says: something went wrong",
           "detach vm1 2:0.0 --return --timeout=20");
    assert_in_range(count_calls("destroy"), 1, 110);
    assert_string_equal(kernel_driver(nic), "pciback");
    xen_fail_always(NULL, 0);
    expect(0, "returned to driver e1000e", NULL, "detach vm1 2:0.0 --return");
}

/* An attach fails with the device in QEMU, and the guest does not let go of it. */
static void test_rollback_mute(void **state)
{
    (void)state;
    xen_set_ack(1, ACK_NEVER, 0);
    xvtd("--dry-run assign vm1 2:0.0 7");
    xen_forget();
    xvtd("assign vm1 2:0.0 7 --json");
    for (unsigned n = 0; n < xen_calls(); n++)
        if (!strncmp(xen_call(n), "attach", 6)) {
            machine_teardown(NULL);
            machine_setup(NULL);
            xen_set_ack(1, ACK_NEVER, 0);
            xen_fail(n + 1, 5, "xc_assign_device failed: Operation not permitted", REACH_QEMU,
                     false);
            break;
        }
    expect(5, NULL, "(it shares a reserved memory region (RMRR) with another device); and it could "
           "not be put back: 0000:02:00.0: 'vm1' has not released it\n"
           "hint: xvtd detach vm1 0000:02:00.0 --return", "assign vm1 2:0.0 7");
    assert_string_equal(kernel_driver(nic), "pciback");
    expect(3, NULL, "the device model of 'vm1' still has it", "assign vm2 2:0.0");
    xen_let_go(1);
    expect(0, "returned to driver e1000e", NULL, "detach vm1 0000:02:00.0 --return");
}

static void stop_now(void)
{
    clock_signal(SIGINT);
}

static unsigned stop_in;

static void stop_later(void)
{
    if (stop_in && !--stop_in)
        clock_signal(SIGTERM);
}

/* Ctrl-C while a guest is waited for ends the wait at once, and nothing is forced. */
static void test_interrupted_wait(void **state)
{
    long long started;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_NEVER, 0);
    xen_forget();
    stop_in = 14;
    xen_hook = stop_later;
    started = stop_now_ms();
    expect(5, "still pending", NULL, "detach vm1 2:0.0 --force --return --timeout=3000");
    assert_in_range(stop_now_ms() - started, 0, 12000);
    for (size_t i = 0; i < xen_calls(); i++)
        assert_int_not_equal(strncmp(xen_call(i), "destroy", 7), 0);
    assert_string_equal(kernel_driver(nic), "pciback");
}

/* A signal at every call and every write: everything is done, or as it was. */
static void test_interrupted_assign(void **state)
{
    char *before, *after;
    size_t calls, writes;

    (void)state;
    machine_save();
    before = machine_snapshot();
    expect(0, NULL, NULL, "assign vm1 9:0.*");
    after = machine_snapshot();
    calls = xen_calls();
    writes = kernel_writes();
    for (unsigned n = 1; n <= calls + writes; n++) {
        struct run run;

        machine_reset();
        stop_in = n > calls ? n - (unsigned)calls : n;
        *(n > calls ? &kernel_hook : &xen_hook) = stop_later;
        run = xvtd("assign vm1 9:0.*");
        if (run.code != 0 && run.code != 1)
            fail_msg("signal at %u: exit %d, %s", n, run.code, run.err);
        if (run.code == 1 && !strstr(run.err, "stopped by a signal"))
            fail_msg("signal at %u: %s", n, run.err);
        assert_machine(run.code ? before : after);
        assert_int_equal(journals(), 0);
    }
    machine_reset();
    xen_hook = stop_now;
    expect(1, NULL, "xvtd: assign: stopped by Ctrl-C\n", "assign vm1 9:0.*");
    assert_machine(before);
    assert_int_equal(journals(), 0);
    free(before);
    free(after);
}

/* The same for a detach, which stops where it is: its report always matches the state. */
static void test_interrupted_detach(void **state)
{
    char *before, *after;
    size_t calls, writes;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    machine_save();
    machine_reset();
    before = machine_snapshot();
    expect(0, NULL, NULL, "detach vm1 2:0.0 --return");
    after = machine_snapshot();
    calls = xen_calls();
    writes = kernel_writes();
    for (unsigned n = 1; n <= calls + writes; n++) {
        struct run run;

        machine_reset();
        stop_in = n > calls ? n - (unsigned)calls : n;
        *(n > calls ? &kernel_hook : &xen_hook) = stop_later;
        run = xvtd("detach vm1 2:0.0 --return");
        if (run.code != 0 && run.code != 5)
            fail_msg("signal at %u: exit %d, %s", n, run.code, run.err);
        if (run.code == 0)
            assert_machine(after);
        clock_signal(0);
        kernel_hook = xen_hook = NULL;
        expect(0, NULL, NULL, "detach vm1 2:0.0 --return");
        assert_machine(after);
    }
    free(before);
    free(after);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_pending),
        RUN(test_pending_returns_later),
        RUN(test_json),
        RUN(test_patience),
        RUN(test_late),
        RUN(test_told),
        RUN(test_some),
        RUN(test_paused),
        RUN(test_force),
        RUN(test_force_then_shutdown),
        RUN(test_force_not_needed),
        RUN(test_asked_again),
        RUN(test_untidy),
        RUN(test_rollback_mute),
        RUN(test_interrupted_wait),
        RUN(test_interrupted_assign),
        RUN(test_interrupted_detach),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
