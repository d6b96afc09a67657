/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests whose device model hangs or lies stop, mislead and harm no other guest. */
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

/* vm2's device model answers nothing. */
static int silent_setup(void **state)
{
    int r = machine_setup(state);

    tree_write("control_d\n", "proc/xen/capabilities");
    xen_fail_always("bus 2", EIO);
    return r;
}

/* No call that begins so since xen_forget(). */
static void assert_not_called(const char *name)
{
    for (size_t i = 0; i < xen_calls(); i++)
        if (!strncmp(xen_call(i), name, strlen(name)))
            fail_msg("'%s' was called", xen_call(i));
}

static void test_silent(void **state)
{
    static const struct {
        const char *words, *out;
    } commands[] = {
        { "list", "assigned" },
        { "--json list", "\"vm2\"" },
        { "show 3:0.0", "assignable" },
        { "show 6:0.0", "assigned" },
        { "check", "xen-pciback loaded" },
        { "check vm1 3:0.0", "28 free slots" },
        { "assignable list", "03:00.0" },
        { "pci-list vm2", "0x05" },
        { "assign vm1 3:0.0 7", "attached to vm1 at 0x07" },
        { "eject vm1", "detached from vm1" },
        { "restore vm1", "attached to vm1 at 0x07" },
        { "recover", "already clean" },
        { "detach vm1 3:0.0", "detached from vm1" },
        { "assignable remove 3:0.0", "returned to driver e1000e" },
    };

    long long began = stop_now_ms();

    (void)state;
    xen_forget();
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        expect(0, commands[i].out, NULL, "%s", commands[i].words);
    assert_not_called("bus 2");
    assert_int_equal(stop_now_ms(), began);
}

/* A third guest hangs while the two others exchange a device. */
static void test_silent_switch(void **state)
{
    (void)state;
    xen_fail_always("bus 3", EIO);
    xen_add_guest(3, "vm3");
    xen_forget();
    expect(0, "attached to vm1 at 0x07", NULL, "switch 6:0.0 vm2 vm1 7");
    assert_not_called("bus 3");
}

/* Its own commands say so. */
static void test_silent_itself(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    expect(6, NULL, "read the PCI bus of 'vm2'", "assign vm2 3:0.0");
    expect(6, NULL, "read the PCI bus of 'vm2'", "detach vm2 6:0.0");
    assert_machine(before);
    free(before);
}

static size_t calls_of(const char *words)
{
    xen_forget();
    expect(0, NULL, NULL, "%s", words);
    return xen_calls();
}

/* More guests, with devices of their own, cost a command about one of them nothing. */
static void test_flat(void **state)
{
    static const char *const commands[] = {
        "--dry-run assign vm1 2:0.0 7", "--dry-run assign vm1 3:0.0", "--dry-run detach vm2 6:0.0",
        "pci-list vm1", "list", "show 3:0.0", "assign vm1 3:0.0 7", "detach vm1 3:0.0",
    };
    size_t alone[sizeof(commands) / sizeof(commands[0])];

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        alone[i] = calls_of(commands[i]);
    for (uint32_t domid = 3; domid < 9; domid++) {
        char name[8];

        snprintf(name, sizeof(name), "vm%u", domid);
        xen_add_guest(domid, name);
    }
    kernel_bind("0000:09:00.0", "pciback");
    xen_give(8, "0000:09:00.0", 9, 0);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (calls_of(commands[i]) > alone[i])
            fail_msg("%s: %zu calls with few guests, %zu with more", commands[i], alone[i],
                     xen_calls());
}

/* If it is certain that no other guest has the device, xvtd reads no entries of other guests. */
static void test_own_entries(void **state)
{
    static const char *const commands[] = {
        "assign vm1 3:0.0 7", "eject vm1", "restore vm1", "detach vm1 3:0.0",
        "assignable remove 3:0.0", "detach vm2 6:0.0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        xen_forget();
        expect(0, NULL, NULL, "%s", commands[i]);
        for (size_t k = 0; k < xen_calls(); k++)
            if (!strcmp(xen_call(k), "assigned"))
                fail_msg("%s: reads the entries of all guests", commands[i]);
    }
}

/* A device model's claim to a function that it was never given does not block the function. */
static void test_claim(void **state)
{
    (void)state;
    xen_claim(2, xen_bdf("0000:03:00.0"), 9);
    xen_set_ack(2, ACK_NEVER, 0);
    expect(0, "assignable", NULL, "show 3:0.0");
    expect(0, "already clean", NULL, "recover");
    expect(0, "already not attached to vm2", NULL, "detach vm2 3:0.0 --force");
    expect(0, "attached to vm1 at 0x07", NULL, "assign vm1 3:0.0 7");
    expect(0, "detached from vm1", NULL, "detach vm1 3:0.0");
    expect(0, "returned to driver", NULL, "assignable remove 3:0.0");
}

/* A claim that is out of range means no other guest's record, and none costs time. */
static void test_claims(void **state)
{
    long long began = stop_now_ms();
    char *before;

    (void)state;
    xen_claim(1, (struct bdf){ 0, 6, 0x20, 0 }, 9);
    for (unsigned i = 0; i < 12; i++)
        xen_claim(1, (struct bdf){ 0, 0x80, (uint8_t)i, 0 }, 10 + i);
    xen_set_ack(1, ACK_NEVER, 0);
    before = machine_snapshot();
    expect(0, "already clean", NULL, "recover");
    assert_int_equal(stop_now_ms(), began);
    assert_machine(before);
    free(before);
}

/* Xen knows an owner that xenstore does not. */
static void test_in_xen(void **state)
{
    char *before;

    (void)state;
    xen_set_in_xen(xen_bdf("0000:03:00.0"), true);
    before = machine_snapshot();
    expect(3, NULL, "assign: 0000:03:00.0: Xen has it assigned to a guest", "assign vm1 3:0.0");
    expect(3, NULL, "Xen has it assigned to a guest", "assignable remove 3:0.0");
    expect(0, "already not attached", NULL, "detach vm1 3:0.0");
    assert_machine(before);
    free(before);
}

/* One of the same name in another segment. */
static void add_twin(const char *driver)
{
    kernel_add_device("0001:06:00.0", NULL, (struct fake_ids){ 0x8086, 0x10d3, 0x020000 },
                      "e1000e");
    kernel_bind("0001:06:00.0", driver);
    xen_set_quarantine("0001:06:00.0", !strcmp(driver, "pciback"));
}

static void test_segment_detach(void **state)
{
    char *before;

    (void)state;
    add_twin("e1000e");
    before = machine_snapshot();
    expect(0, "0001:06:00.0: already not attached to vm2", NULL, "detach vm2 0001:06:00.0");
    assert_machine(before);
    free(before);
}

static void test_segment_free(void **state)
{
    (void)state;
    add_twin("pciback");
    expect(0, "attached to vm1", NULL, "assign vm1 0001:06:00.0 7");
    expect(0, "0x07 0x0001", NULL, "pci-list vm1");
    expect(0, "detached from vm1", NULL, "detach vm1 0001:06:00.0");
    expect(0, "0x05 0x0000", NULL, "pci-list vm2");
    expect(0, "detached from vm2", NULL, "detach vm2 6:0.0");
}

/* QEMU would call both the same. */
static void test_segment_twin(void **state)
{
    (void)state;
    add_twin("pciback");
    expect(6, NULL, "0001:06:00.0: 'vm2' has 0000:06:00.0", "assign vm2 0001:06:00.0");
}

static void test_segment_unknown(void **state)
{
    char *before;

    (void)state;
    add_twin("pciback");
    xen_hide_segments();
    before = machine_snapshot();
    expect(6, NULL, "in an unknown segment", "detach vm2 6:0.0");
    expect(6, NULL, "in an unknown segment", "detach vm2 0001:06:00.0");
    expect(6, NULL, "in an unknown segment", "assign vm2 0001:06:00.0");
    assert_machine(before);
    expect(0, "attach 0001:06:00.0 to vm1", NULL, "assign vm1 0001:06:00.0 --dry-run");
    free(before);
}

static const char *const uuid2 = "00000000-0000-4000-8000-000000000002";

/* vm1's name is vm2's UUID: commands for vm2 act on vm2. */
static void test_named_like_uuid(void **state)
{
    (void)state;
    expect(0, "detached from vm2", NULL, "eject vm2");
    strcpy(xen_domain(1)->info.name, uuid2);
    expect(0, "attached to vm2 at 0x05", NULL, "restore vm2");
    expect(0, "0x05", NULL, "pci-list vm2");
    expect(0, "detached from vm2", NULL, "eject uuid:%s", uuid2);
    expect(0, "attached to vm2", NULL, "restore id:2");
    expect(2, NULL, "this can be two guests", "pci-list %s", uuid2);
    expect(2, NULL, "this can be two guests", "eject %s", uuid2);
    expect(0, "attached to", NULL, "assign name:%s 3:0.0 7", uuid2);
    assert_string_equal(xen_record("0000:03:00.0", "domid"), "1");
}

/* vm1's name is vm2's domain ID: unlike xl, xvtd does not choose between them. */
static void test_named_like_number(void **state)
{
    char *before;

    (void)state;
    tree_write("control_d\n", "proc/xen/capabilities");
    strcpy(xen_domain(1)->info.name, "2");
    before = machine_snapshot();
    expect(2, NULL, "hint: say id:2, or name:2", "assign 2 3:0.0 7");
    expect(2, NULL, "two guests", "detach 2 6:0.0");
    expect(2, NULL, "two guests", "switch 6:0.0 2 vm2");
    expect(2, NULL, "two guests", "recover 2");
    expect(2, NULL, "two guests", "check --domain=2");
    expect(2, NULL, "expected a number after id:", "check id:vm1");
    expect(2, NULL, "expected a DOMAIN", "assign name: 3:0.0");
    assert_machine(before);
    free(before);
    expect(0, "attached to", NULL, "assign id:1 3:0.0");
    expect(3, NULL, "xvtd detach id:1 0000:03:00.0", "assign vm2 3:0.0");
}

/* The same UUID twice, as in a migration to the host itself. */
static void test_same_uuid(void **state)
{
    (void)state;
    strcpy(xen_domain(1)->info.uuid, uuid2);
    expect(2, NULL, "hint: say id:1 or id:2", "eject %s", uuid2);
    expect(0, "attached to vm1", NULL, "assign vm1 3:0.0 7");
    expect(0, "0x05", NULL, "pci-list vm2");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, machine_setup, machine_teardown)
#define SILENT(fn) cmocka_unit_test_setup_teardown(fn, silent_setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SILENT(test_silent), TEST(test_silent_switch), SILENT(test_silent_itself), TEST(test_flat),
        TEST(test_own_entries), TEST(test_claim), TEST(test_claims), TEST(test_in_xen), TEST(test_segment_detach),
        TEST(test_segment_free), TEST(test_segment_twin), TEST(test_segment_unknown),
        TEST(test_named_like_uuid), TEST(test_named_like_number), TEST(test_same_uuid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
